"""A store edited around lyncadm, as only somebody who takes its triggers away can."""
import contextlib
import sqlite3


@contextlib.contextmanager
def unguarded(path):
    """A connection without the triggers; they come back when it is done."""
    database = sqlite3.connect(path)
    triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {name}")
    yield database
    for _, text in triggers:
        database.execute(text)
    database.commit()
    database.close()
