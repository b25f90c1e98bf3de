"""Limits: what is too large is refused unread, whoever asks for it; the message says which limit to raise."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from copies import ROOT, copy_lamps

import policycase
from policycase.errors import MOST_NAMES, UnreadableError, UnsafePathError, did_you_mean
from policycase.publishing.pack import files, zipped

pytestmark = pytest.mark.slow

MIB = 2**20
READERS = ("validate", "load", "stack", "validate_many")
MEASURE = """
import json, sys
from pathlib import Path
import policycase

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))

good, hostile = sys.argv[1:]
read = {"validate": policycase.validate, "load": policycase.load,
        "stack": lambda path: policycase.stack([path, good]),
        "validate_many": lambda path: policycase.validate_many([path, good])[path]}
outcomes = {}
for name, ask in read.items():
    ask(good) if name in ("validate", "load") else None
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    before = peak()
    try:
        answer = ask(hostile)
        said = answer.found[0].message if getattr(answer, "found", ()) else type(answer).__name__
    except policycase.PolicyCaseError as error:
        said = str(error)
    outcomes[name] = said, (peak() - before) // 1024
print(json.dumps(outcomes))
"""


def measured(hostile: Path, good: Path, **limits: int) -> dict[str, tuple[str, int]]:
    """What each reader says of a package, and how many MiB it takes more than before."""
    environment = {"PYTHONPATH": str(ROOT / "scripts"), "PATH": "/usr/bin:/bin", "TMPDIR": str(good.parent / "private")}
    environment |= {f"POLICYCASE_{name}": str(value) for name, value in limits.items()}
    (good.parent / "private").mkdir()
    command = [sys.executable, "-c", MEASURE, good, hostile]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    assert list((good.parent / "private").iterdir()) == []
    return json.loads(done.stdout)


def huge_table(lamps: Path) -> Path:
    with (lamps / "data/goals.csv").open("r+b") as table:
        table.truncate(2**33)  # it takes no room on the disk
    return lamps


def bomb(lamps: Path) -> Path:
    with zipfile.ZipFile(lamps.parent / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files(lamps).items():
            archive.writestr(name, content)
        with archive.open("data/more.csv", "w", force_zip64=True) as entry:
            for _ in range(400):
                entry.write(bytes(MIB))
    return lamps.parent / "bomb.zip"


def lying_bomb(lamps: Path) -> Path:
    """A zip whose entries say that they are small."""
    content = bytearray(zipped(files(lamps) | {"data/goals.csv": bytes(200 * MIB)}))
    size = struct.pack("<L", 200 * MIB)
    assert content.count(size) == 2  # beside the entry, and in the directory
    (lamps.parent / "bomb.zip").write_bytes(content.replace(size, struct.pack("<L", 1000)))
    return lamps.parent / "bomb.zip"


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured as Linux tells it")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (huge_table, "bytes are too many to read"),
        (bomb, "as a zip bomb does"),
        (lying_bomb, "cannot be unpacked"),
    ],
)
def test_what_is_too_large_is_refused_without_being_read_into_memory(lamps: Path, tmp_path: Path, make, said: str):
    good = copy_lamps(tmp_path / "good")

    outcomes = measured(make(lamps), good)

    assert {name: (said in message, taken < 24) for name, (message, taken) in outcomes.items()} == dict.fromkeys(
        READERS, (True, True)
    ), outcomes


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured as Linux tells it")
def test_file_just_below_the_limit_takes_a_bounded_multiple_of_its_size(lamps: Path, tmp_path: Path):
    good = copy_lamps(tmp_path / "good")
    table = lamps / "data/goals.csv"
    row = table.read_text(encoding="utf-8").splitlines()[1]
    rows = [row.replace("-goal", f"-{number:07d}-goal", 1) for number in range(2 * MIB // (len(row) + 9))]
    table.write_text("\n".join([table.read_text(encoding="utf-8").splitlines()[0], *rows, ""]), encoding="utf-8")
    size = table.stat().st_size

    outcomes = measured(lamps, good, LARGEST_FILE=size)
    refused = measured_error(lamps, LARGEST_FILE=size - 1)

    assert 1.9 * MIB < size < 2.1 * MIB
    assert outcomes["load"][0] == "Casebook"
    assert max(taken for _, taken in outcomes.values()) < 60 * size // MIB, outcomes
    assert f"{size} bytes are too many to read" in refused


def measured_error(package: Path, **limits: int) -> str:
    """What refuses a package under other limits."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in limits.items():
            patch.setenv(f"POLICYCASE_{name}", str(value))
        with pytest.raises(UnreadableError) as refused:
            policycase.load(package)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("LARGEST_FILE", 10_000), ("LARGEST_ARCHIVE", 10_000), ("LARGEST_RATIO", 0), ("MOST_ENTRIES", 5)],
)
def test_message_says_which_limit_to_raise_and_raising_it_helps(lamps: Path, monkeypatch, name: str, value: int):
    content = files(lamps) | {"data/more.csv": bytes(2 * MIB)}  # the ratio is asked from a MiB on
    package = lamps.parent / "lamps.zip"
    package.write_bytes(zipped(content))

    refused = measured_error(package, **{name: value})
    monkeypatch.setenv(f"POLICYCASE_{name}", str(2**40))

    assert refused.endswith(f"if you trust it, set POLICYCASE_{name} to more than {value}")
    assert policycase.load(package).case_ids == ["bvt-lamps"]


WRONG_BY_THE_THOUSAND = [
    ("row-has-every-cell", lambda _row, _number: ",,"),
    ("row-has-every-cell", lambda _row, _number: ""),
    ("constraint-error", lambda row, _number: row.replace("Fewer people hurt their feet by falling in the dark.", "")),
    ("code-is-in-vocabulary", lambda row, number: row.replace("reduce-health-harm", f"reduce-{number}")),
    ("foreign-key-stays-in-case", lambda row, number: row.replace("bvt-lamps:lamp-posts", f"bvt-lamps:post{number}")),
]


@pytest.mark.parametrize(("rule", "wrong"), WRONG_BY_THE_THOUSAND)
def test_findings_of_one_rule_and_table_are_told_up_to_a_limit(lamps: Path, monkeypatch, rule: str, wrong):
    table = lamps / "data/goals.csv"
    header, row, *_ = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join([header, *(wrong(row, number) for number in range(3000)), ""]), encoding="utf-8")
    monkeypatch.setenv("POLICYCASE_MOST_FINDINGS", "500")

    found = policycase.validate(lamps).findings

    outcomes = found[found["rule"].eq(rule) & found["path"].eq("data/goals.csv")]
    assert len(outcomes) == 501
    assert outcomes.loc[outcomes["line"].isna(), "message"].tolist() == [
        "more than 500 findings; the rest are not shown"
    ]
    assert (
        outcomes.loc[outcomes["line"].isna(), "hint"].iloc[0].endswith("set POLICYCASE_MOST_FINDINGS to more than 500")
    )


def test_nearest_name_is_looked_for_among_the_first_names_alone():
    many = [f"name-{number}" for number in range(MOST_NAMES)]

    assert did_you_mean("goal", [*many[:-1], "goals"]) == 'did you mean "goals"?'
    assert did_you_mean("goal", [*many, "goals"]) == ""


def test_limit_that_is_no_number_is_told(lamps: Path, monkeypatch):
    monkeypatch.setenv("POLICYCASE_LARGEST_FILE", "1 GB")

    with pytest.raises(UnreadableError, match='POLICYCASE_LARGEST_FILE is "1 GB"; expected a whole number such as'):
        policycase.load(lamps)


def test_key_that_stands_twice_among_many_is_found_at_once(lamps: Path):
    keys = ", ".join(f'"{number}": 1' for number in [*range(200_000), 7])
    (lamps / "datapackage.json").write_text(f"{{{keys}}}", encoding="utf-8")

    command = [sys.executable, "-m", "policycase", "validate", str(lamps)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=os.environ)

    assert done.returncode == 1


def test_file_beside_the_tables_that_is_too_large_is_refused(lamps: Path):
    with (lamps / "README.md").open("wb") as readme:
        readme.truncate(2**40)

    with pytest.raises(UnsafePathError, match=r"README.md: 1099511627776 bytes are too many"):
        policycase.pack(lamps, lamps.parent / "out.zip")


def test_schemas_that_are_too_large_together_are_refused(lamps: Path):
    for path in sorted((lamps / "schemas").glob("*.schema.json"))[:5]:
        with path.open("wb") as schema:
            schema.truncate(60 * MIB)

    with pytest.raises(UnsafePathError, match=r"schemas: \d+ bytes are too many to read"):
        policycase.load(lamps)


def test_profile_that_names_a_table_many_times_reads_it_once(lamps: Path):
    profile = lamps / "schemas/profile.json"
    document = json.loads(profile.read_bytes())
    document["tables"] *= 20_000
    profile.write_text(json.dumps(document), encoding="utf-8")

    case = policycase.load(lamps)  # which would take hours if each name were read

    assert case.tables == policycase.load().tables


@pytest.mark.parametrize("tables", [7, "goals", [[]], {"goals": 1}])
def test_profile_whose_tables_are_no_list_is_refused(lamps: Path, tables: object):
    profile = lamps / "schemas/profile.json"
    profile.write_text(json.dumps(json.loads(profile.read_bytes()) | {"tables": tables}), encoding="utf-8")

    with pytest.raises(UnreadableError, match="tables must be a list of names"):
        policycase.load(lamps)


@pytest.mark.parametrize("cell", ['<row r="900"><c r="XFD900"', '<row r="4000000000"><c r="A4000000000"'])
def test_workbook_with_a_cell_far_out_is_refused(lamps: Path, tmp_path: Path, cell: str):
    book = policycase.export(lamps, "workbook", tmp_path / "book.xlsx")
    with zipfile.ZipFile(book) as sound, zipfile.ZipFile(tmp_path / "far.xlsx", "w", zipfile.ZIP_DEFLATED) as far:
        for name in sound.namelist():
            content = sound.read(name)
            if name == "xl/worksheets/sheet2.xml":
                more = f'{cell} t="inlineStr"><is><t>x</t></is></c></row></sheetData>'.encode()
                content = content.replace(b"</sheetData>", more)
            far.writestr(name, content)

    with pytest.raises(UnreadableError, match="holds a cell right of column ALL or below row 1048576"):
        policycase.import_case(tmp_path / "far.xlsx", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_command_that_is_stopped_says_so_in_one_line(tmp_path: Path):
    command = [sys.executable, "-m", "policycase", "report", "--package", ROOT, "-o", tmp_path / "out.html"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}

    for patience in (1, 2, 4):  # seconds until it is past its imports, which a loaded machine takes long for
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as running:
            time.sleep(patience)
            running.send_signal(signal.SIGINT)
            said = running.communicate()[1]
        if "Traceback" not in said:
            break

    assert (running.returncode, said) == (130, "policycase: stopped\n")
    assert list(tmp_path.iterdir()) == []


FILLED = """
import resource, sys
from pathlib import Path
from policycase.cli.main import main
main(["validate", sys.argv[2]])
here = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (here + 100 * 2**20,) * 2)
sys.exit(main(["validate", sys.argv[1]]))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is what Linux says of it")
def test_memory_that_is_full_is_told_in_one_line(lamps: Path, tmp_path: Path):
    good = copy_lamps(tmp_path / "good")
    with (lamps / "data/goals.csv").open("r+b") as table:
        table.truncate(250 * MIB)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "POLICYCASE_LARGEST_FILE": str(2**30)}

    done = subprocess.run(
        [sys.executable, "-c", FILLED, lamps, good], stderr=-1, text=True, check=False, env=environment
    )

    assert (done.returncode, done.stderr) == (3, "policycase: the memory is full\n")


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("data/x.csv", zipfile.ZIP_LZMA, "is not packed by deflate"),
        ("data/x.csv", zipfile.ZIP_BZIP2, "is not packed by deflate"),
        ("a/" * 21 + "x", zipfile.ZIP_DEFLATED, "lies too deep in folders"),
        (
            "data/goals.csv.",
            zipfile.ZIP_DEFLATED,
            "leaves the package, or has a name that some systems take for another",
        ),
        ("DATA/goals.csv", zipfile.ZIP_DEFLATED, "appears more than once"),
    ],
)
def test_zip_entry_that_is_refused_says_why(lamps: Path, name: str, how: int, message: str):
    with zipfile.ZipFile(lamps.parent / "odd.zip", "w") as archive:
        for path, content in files(lamps).items():
            archive.writestr(path, content)
        archive.writestr(name, b"x", how)

    with pytest.raises(UnsafePathError, match=message):
        policycase.load(lamps.parent / "odd.zip")
