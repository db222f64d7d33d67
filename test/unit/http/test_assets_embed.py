"""tools/embed: the same files give the same table, and what cannot be served is refused."""

import gzip
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

EMBED = pathlib.Path(__file__).resolve().parents[3] / "tools" / "embed"


def arrays_of(source):
    """The byte arrays of the generated file, by name."""
    found = re.findall(r"unsigned char (\w+)\[\] = \{([^}]*)\}", source)
    return {name: bytes(int(number) for number in numbers.split(",")) for name, numbers in found}


class Embed(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name) / "in $ here #1"
        self.folder.mkdir()
        self.out = pathlib.Path(self.temporary.name) / "out.c"
        self.depfile = pathlib.Path(self.temporary.name) / "out.d"

    def write(self, name, data):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def run_embed(self):
        return subprocess.run([EMBED, self.folder, self.out, self.depfile], capture_output=True, text=True)

    def embed(self):
        done = self.run_embed()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        return self.out.read_text()

    def assert_refused(self, why):
        done = self.run_embed()
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, why)
        self.assertFalse(self.out.exists())

    def test_the_same_files_give_the_same_bytes_whatever_their_times(self):
        names = ["index.html", "b/c.js", "b.js", "a.css"]
        for name in names:
            self.write(name, b"one two three " * 9)
        first = self.embed()
        for name in reversed(names):
            os.utime(self.folder / name, (0, 0))
        self.assertEqual(self.embed(), first)
        self.assertEqual(re.findall(r'\.path = \{ "([^"]+)"', first), ["/a.css", "/b.js", "/b/c.js", "/index.html"])

    def test_arrays_hold_the_bytes_plain_and_compressed(self):
        data = bytes(range(256)) + b"again " * 100
        self.write("index.html", data)
        arrays = arrays_of(self.embed())
        self.assertEqual(arrays["bytes_0"], data)
        self.assertEqual(gzip.decompress(arrays["gzip_0"]), data)

    def test_the_depfile_names_files_and_folders(self):
        self.write("index.html", b"x")
        self.write("deep/er/app.js", b"x")
        self.embed()
        folder = str(self.folder).replace(" ", "\\ ").replace("$", "$$").replace("#", "\\#")
        wanted = [folder, f"{folder}/deep", f"{folder}/deep/er", f"{folder}/deep/er/app.js", f"{folder}/index.html"]
        self.assertEqual(self.depfile.read_text(), f"{self.out}: {' '.join(wanted)}\n")

    def test_names_that_need_escaping_are_refused(self):
        for name in ["a b.js", 'a".js', "a\\.js", "架.js", "-a.js", "a?.js"]:
            file = self.write(name, b"x")
            self.assert_refused("the name may hold")
            file.unlink()

    def test_unknown_kinds_of_file_are_refused(self):
        for name in ["app.exe", "README", "app.js~", "app.JS"]:
            file = self.write(name, b"x")
            self.assert_refused("the name may hold|no content type")
            file.unlink()

    def test_an_empty_or_missing_folder_is_refused(self):
        self.write(".hidden.js", b"x")
        self.assert_refused("no file in it")
        self.folder = self.folder / "missing"
        self.assert_refused("no file in it")

    def test_a_wrong_call_gets_the_usage(self):
        done = subprocess.run([EMBED, self.folder], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("Usage: tools/embed FOLDER", done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
