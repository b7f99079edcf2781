"""A throwaway MariaDB: its own directory, a Unix socket and nothing else, gone at the end."""

import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import time

SETTINGS = """
[mariadbd]
datadir = {directory}/data
socket = {directory}/socket
tmpdir = {directory}
pid-file = {directory}/pid
log-error = {directory}/log.err
skip-networking
skip-log-bin
innodb_flush_log_at_trx_commit = 0
innodb_flush_method = nosync
innodb_use_native_aio = 0
innodb_buffer_pool_size = 512M
innodb_log_file_size = 512M
performance_schema = off
character-set-server = utf8mb4
"""


class Server:
    """A running server. `url` is Koine's; the raw program takes the path of the socket from its end."""

    def __init__(self, directory, pid):
        self.url = f"mariadb://koine@/bench?unix_socket={directory}/socket"
        self._pid = pid
        self._all_cpus = os.sched_getaffinity(0)

    def pin(self, cpu):
        """Keeps all threads of the server on one CPU; None lets them go anywhere. Threads to come inherit it from their maker."""
        for thread in os.listdir(f"/proc/{self._pid}/task"):
            os.sched_setaffinity(int(thread), {cpu} if cpu is not None else self._all_cpus)


@contextlib.contextmanager
def running_server():
    """Starts a server; as root it runs as the user mysql."""
    if not shutil.which("mariadbd") or not shutil.which("mariadb-install-db"):
        raise SystemExit("bench/run: MariaDB's server is not installed (apt: mariadb-server)")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="koine-bench-"))
    prefix = []
    if os.geteuid() == 0:
        os.chown(directory, pwd.getpwnam("mysql").pw_uid, pwd.getpwnam("mysql").pw_gid)
        prefix = ["runuser", "-u", "mysql", "--"]
    settings = directory / "my.cnf"
    settings.write_text(SETTINGS.format(directory=directory), encoding="ascii")
    client = ["mariadb", "--no-defaults", "-S", str(directory / "socket"), "-u", "root"]
    quiet = {"cwd": directory, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = None
    try:
        done = subprocess.run([*prefix, "mariadb-install-db", f"--defaults-file={settings}", "--auth-root-authentication-method=normal",
                               "--skip-test-db"], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise SystemExit(f"bench/run: mariadb-install-db failed:\n{done.stdout}")
        server = subprocess.Popen([*prefix, "mariadbd", f"--defaults-file={settings}"], **quiet)
        setup = "create database bench; create user koine@localhost; grant all on *.* to koine@localhost"
        ends = time.monotonic() + 60
        while subprocess.run([*client, "-e", setup], **quiet).returncode != 0:
            if server.poll() is not None or time.monotonic() > ends:
                log = (directory / "log.err").read_text(encoding="utf-8", errors="replace")
                raise SystemExit(f"bench/run: MariaDB does not start:\n{log}")
            time.sleep(0.05)
        yield Server(directory, int((directory / "pid").read_text(encoding="ascii")))
    finally:
        if server is not None:
            subprocess.run(["mariadb-admin", *client[1:], "shutdown"], **quiet)
            server.wait()
        shutil.rmtree(directory, ignore_errors=True)
