"""Where the embedded servers keep their data and sockets, and as whom they run."""

import hashlib
import json
import os
import pwd
import secrets
import stat
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
# A Unix socket path may have 107 bytes; the longest name put into the folder is counted with it.
LONGEST_SOCKET_PATH: Final = 100
SOCKET_NAME: Final = ".s.PGSQL.5432"
SERVICE_ACCOUNTS: Final = ("postgres", "nobody", "daemon")


class EmbeddedError(RuntimeError):
    """An embedded server cannot run; the text says why and what to do."""


@dataclass(frozen=True)
class Layout:
    """Folders as absolute paths; uid and gid of the account the servers run under."""

    state: str
    home: str
    run: str
    uid: int
    gid: int

    @property
    def postgres(self) -> Path:
        return Path(self.home, "postgres")

    @property
    def redis(self) -> Path:
        return Path(self.home, "redis")

    @property
    def redis_socket(self) -> Path:
        return Path(self.run, "redis.sock")

    @property
    def log(self) -> Path:
        return Path(self.state, "log")

    @property
    def drops_rights(self) -> bool:
        return os.geteuid() == 0 and self.uid != 0


def state_dir() -> Path:
    """The folder of everything that is kept between runs: $STATE_DIR or <checkout>/var."""
    named = os.environ.get("STATE_DIR")
    return Path(named).expanduser().absolute() if named else CHECKOUT / "var"


def layout() -> Layout:
    """The layout of this state folder, decided once and written to its embedded.json."""
    state = state_dir()
    note = state / "embedded.json"
    known = _read(note, state)
    if known:
        return known
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(f"Cannot create {state} ({error.strerror}): set STATE_DIR to a folder of yours.") from error
    decided = _decide(state)
    draft = state / f"embedded.json.{os.getpid()}.{secrets.token_hex(4)}"
    draft.write_text(json.dumps(asdict(decided), indent=1) + "\n", encoding="utf-8")
    try:
        # link, not rename: of two first callers one wins and both then read the same answer.
        if note.exists() and not _read(note, state):
            note.unlink()
        os.link(draft, note)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(note, state) or decided


def make_private(folder: Path, plan: Layout) -> None:
    """Create the folder with mode 0700 for the servers' account; refuse one that somebody else owns."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise EmbeddedError(f"{folder} is not a folder: remove it or set STATE_DIR.")
    if found.st_uid != plan.uid:
        if os.geteuid() != 0 or any(folder.iterdir()):
            raise EmbeddedError(
                f"{folder} belongs to another user ({_name(found.st_uid)}): "
                "start as that user or set STATE_DIR to a folder of yours."
            )
        os.chown(folder, plan.uid, plan.gid)
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def reachable(path: Path, uid: int, gid: int) -> bool:
    """Can this account walk to the path and read it, going by the mode bits?"""
    path = path.resolve()
    needed = [(parent, 1) for parent in path.parents] + [(path, 5 if path.is_dir() else 4)]
    return all(_allows(place, bits, uid, gid) for place, bits in needed)


def _allows(place: Path, bits: int, uid: int, gid: int) -> bool:
    try:
        found = place.stat()
    except FileNotFoundError:
        return True  # made later, by us
    except PermissionError:
        return False
    shift = 6 if found.st_uid == uid else 3 if found.st_gid == gid else 0
    return (found.st_mode >> shift) & bits == bits


def _read(note: Path, state: Path) -> Layout | None:
    try:
        known = Layout(**json.loads(note.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise EmbeddedError(f"Cannot read {note}: start as its owner or set STATE_DIR to a folder of yours.") from error
    except (ValueError, TypeError):
        return None
    moved = known.state != str(state)
    stranger = os.geteuid() != 0 and known.uid != os.geteuid()
    if stranger and not moved:
        raise EmbeddedError(
            f"{state} belongs to servers of another user ({_name(known.uid)}): "
            "start as that user or set STATE_DIR to a folder of yours."
        )
    return None if moved else known


def _decide(state: Path) -> Layout:
    uid, gid = _account(state)
    token = secrets.token_hex(4)
    mark = f"svetofor-{hashlib.sha256(os.fsencode(state)).hexdigest()[:8]}-{token}"
    home = state
    if os.geteuid() == 0 and not reachable(state, uid, gid):
        # The account cannot walk through somebody's closed home, and its mode is not ours to change.
        home = _outside(mark, uid, gid)
    run = home / "run"
    if len(os.fsencode(run / SOCKET_NAME)) > LONGEST_SOCKET_PATH or "," in str(run):
        run = _temporary() / mark
    return Layout(state=str(state), home=str(home), run=str(run), uid=uid, gid=gid)


def _account(state: Path) -> tuple[int, int]:
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    data = state / "postgres"
    if data.is_dir() and data.stat().st_uid != 0:
        return data.stat().st_uid, data.stat().st_gid
    for name in SERVICE_ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid:
            return found.pw_uid, found.pw_gid
    raise EmbeddedError("PostgreSQL does not run as root and this machine has no user postgres or nobody: add one.")


def _outside(mark: str, uid: int, gid: int) -> Path:
    for place in (Path("/var/lib"), _temporary()):
        if place.is_dir() and os.access(place, os.W_OK) and reachable(place, uid, gid):
            return place / mark
    raise EmbeddedError(
        "No folder that an unprivileged account can reach: set STATE_DIR to one, for example /srv/svetofor."
    )


def _temporary() -> Path:
    place = Path(tempfile.gettempdir())
    return place if len(os.fsencode(place)) <= 40 else Path("/tmp")  # noqa: S108  # nosec B108


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
