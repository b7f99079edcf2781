"""A throwaway PostgreSQL: its own directory, a Unix socket and nothing else, gone at the end."""

import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

SETTINGS = """
listen_addresses = ''
port = 5432
unix_socket_directories = '{directory}'
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
shared_buffers = 256MB
max_wal_size = 4GB
max_parallel_workers_per_gather = 0
"""


def binaries():
    """The directory of initdb and pg_ctl, the newest version installed, or None."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return pathlib.Path(on_path).parent if on_path else None


class Cluster:
    """A running server. `url` means the same to libpq and to Koine."""

    def __init__(self, directory, pid):
        self.url = f"postgresql://koine@/postgres?host={directory}"
        self._pid = pid
        self._all_cpus = os.sched_getaffinity(0)

    def pin(self, cpu):
        """Keeps the backends of connections made from now on on one CPU; None lets them go anywhere."""
        os.sched_setaffinity(self._pid, {cpu} if cpu is not None else self._all_cpus)


@contextlib.contextmanager
def running_cluster():
    """Starts a server; PostgreSQL refuses root, so root runs it as the user postgres."""
    tools = binaries()
    if tools is None:
        raise SystemExit("bench/run: PostgreSQL's server is not installed (apt: postgresql)")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="koine-bench-"))
    prefix = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(directory, owner.pw_uid, owner.pw_gid)
        prefix = ["runuser", "-u", "postgres", "--"]
    data = directory / "data"

    def tool(name, *arguments):
        done = subprocess.run([*prefix, str(tools / name), *arguments], cwd=directory, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise SystemExit(f"bench/run: {name} failed:\n{done.stdout}")

    try:
        tool("initdb", "-D", str(data), "-U", "koine", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with open(data / "postgresql.conf", "a", encoding="ascii") as conf:
            conf.write(SETTINGS.format(directory=directory))
        tool("pg_ctl", "-D", str(data), "-l", str(directory / "log"), "-w", "-t", "30", "-s", "start")
        try:
            pid = int((data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
            yield Cluster(directory, pid)
        finally:
            tool("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "-s", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
