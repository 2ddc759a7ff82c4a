"""Authentication that belongs to a connection stays with its client."""

from client import Wire
from deploy import WEBEXT

AUTH = "/lab/auth/echo"


def dial(world, **arguments):
    return Wire("127.0.0.1", world.https, name=WEBEXT, **arguments)


def test_one_user_logs_in(world):
    user, password = world.pool.users.login("alice")
    wire = dial(world)
    answer = wire.ntlm(AUTH, user, password, host=WEBEXT)
    assert answer.status == 200, answer
    for _ in range(4):
        again = wire.get(AUTH, host=WEBEXT)
        assert again.status == 200 and again.header("X-Test-User") == answer.header("X-Test-User")
        assert again.header("X-Test-Connection") == answer.header("X-Test-Connection")


def test_anonymous_clients_after_a_login(world):
    user, password = world.pool.users.login("alice")
    wire = dial(world)
    assert wire.ntlm(AUTH, user, password, host=WEBEXT).status == 200
    for _ in range(6):
        answer = dial(world).get(AUTH, host=WEBEXT)
        assert answer.status == 401 and not answer.header("X-Test-User")
