import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

SCRIPT = "import sys; from pathlib import Path; from tui.demo.serve import serve; sys.exit(serve({}, 0))"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("named", [True, False], ids=["--dir", "own directory"])
def test_serves_until_a_signal(tmp_path: Path, number: signal.Signals, named: bool) -> None:
    directory = tmp_path / "it's named"
    script = SCRIPT.format(f"Path({str(directory)!r})" if named else None)
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as serving:
        assert serving.stdout is not None
        lines: list[str] = []
        while "xs3-tui --left" not in (lines or [""])[-1]:
            line = serving.stdout.readline()
            assert line, "it ended early"
            lines.append(line)
        shown = "".join(lines)
        port = re.search(r"http://127\.0\.0\.1:(\d+)", shown)
        assert port is not None
        with pytest.raises(HTTPError) as refused:
            urlopen(port[0], timeout=20)
        refused.value.close()
        config = re.search(r"export AWS_CONFIG_FILE=(.*)", shown)
        assert config is not None
        assert Path(*shlex.split(config[1])).is_file()
        assert "export AWS_SHARED_CREDENTIALS_FILE=" in shown
        assert "aws --profile analytics s3 ls s3://media-prod-assets" in shown
        serving.send_signal(number)
        assert serving.wait(20) == 0
    assert list(tmp_path.glob("xs3-tui-demo-*")) == []
    assert directory.exists() == named
