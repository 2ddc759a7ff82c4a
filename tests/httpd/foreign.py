"""Modules of somebody else's, for httpd beside mod_lync: error_page.c, slow_stream.c."""

import os
import shutil
import subprocess


def load(stage, name):
    """The directive that loads it, built."""
    def query(program, *words):
        return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout.split()
    apxs, library = os.environ.get("APXS") or shutil.which("apxs") or "apxs", stage.path(name + ".so")
    subprocess.run(["gcc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library,
                    os.path.join(os.path.dirname(__file__), name + ".c"), "-I" + query(apxs, "-q", "INCLUDEDIR")[0],
                    "-I" + query(apxs, "-q", "APR_INCLUDEDIR")[0], *query(apxs, "-q", "CFLAGS")], check=True)
    return "LoadModule %s_module %s" % (name, library)
