#!/usr/bin/env python3
"""Images, as docker/build.sh makes them of the programs of the release build, and their hardening."""

import hashlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import tarfile
import time
import unittest

from common import BIN, ROOT, free_port, run, temporary_folder

PROGRAMS = {"server": "quorate-server", "operator": "quorate-operator", "cli": "quorate"}
BYTES_MAX = {"server": 25_000_000, "operator": 35_000_000, "cli": 25_000_000}
START_MAX_S = 1.0
USER = 65532


def build(output):
    run(ROOT / "docker/build.sh", "--binaries", BIN, "--output", output)


class Image:
    """An archive as `docker load` reads it."""

    def __init__(self, file):
        with tarfile.open(file) as archive:
            read = lambda name: archive.extractfile(name).read()
            [self.manifest] = json.loads(read("manifest.json"))
            self.config = json.loads(read(self.manifest["Config"]))
            [layer] = self.manifest["Layers"]
            self.layer = read(layer)

    def entries(self):
        with tarfile.open(fileobj=io.BytesIO(self.layer)) as layer:
            return layer.getmembers()

    def unpack(self, folder):
        with tarfile.open(fileobj=io.BytesIO(self.layer)) as layer:
            layer.extractall(folder)


class Images(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder(cls)
        cls.out = cls.folder / "out"
        build(cls.out)
        cls.images = {name: Image(cls.out / f"quorate-{name}.tar") for name in PROGRAMS}

    def test_size(self):
        for name in PROGRAMS:
            size = (self.out / f"quorate-{name}.tar").stat().st_size
            print(f"quorate-{name}: {size / 1e6:.1f} MB", end=" ", flush=True)
            self.assertLess(size, BYTES_MAX[name])

    def test_reproducible(self):
        build(self.folder / "again")
        for file in sorted(self.out.iterdir()):
            self.assertEqual(file.read_bytes(), (self.folder / "again" / file.name).read_bytes(), file.name)

    def test_configuration(self):
        for name, program in PROGRAMS.items():
            image = self.images[name]
            self.assertEqual(image.manifest["RepoTags"], [f"quorate-{name}:0.1.0"])
            config = image.config["config"]
            self.assertEqual(config["User"], f"{USER}:{USER}")
            self.assertEqual(config["Entrypoint"], [f"/usr/bin/{program}"])
            labels = {k.removeprefix("org.opencontainers.image.") for k in config["Labels"]}
            self.assertEqual(labels, {"title", "description", "version", "revision", "created", "licenses"})
            digest = "sha256:" + hashlib.sha256(image.layer).hexdigest()
            self.assertEqual(image.config["rootfs"]["diff_ids"], [digest])

    def test_nothing_but_the_program_its_libraries_and_certificates(self):
        for name, program in PROGRAMS.items():
            for entry in self.images[name].entries():
                self.assertEqual((entry.uid, entry.gid), (0, 0))
                if entry.issym():
                    continue
                self.assertFalse(entry.mode & 0o6022, entry.name)  # No setuid, nobody else writes.
                if not entry.isfile():
                    continue
                allowed = (
                    entry.name in (f"usr/bin/{program}", "etc/ssl/certs/ca-certificates.crt")
                    or re.fullmatch(r"usr/lib(64)?/([\w-]+/)?[\w.+-]+\.so[.\d]*", entry.name)
                )
                self.assertTrue(allowed, f"{name}: {entry.name}")

    def test_the_documents_of_contents_are_whole(self):
        for name in PROGRAMS:
            document = json.loads((self.out / f"quorate-{name}.spdx.json").read_text())
            self.assertEqual(document["spdxVersion"], "SPDX-2.3")
            files = {each["fileName"] for each in document["files"]}
            self.assertEqual(files, {f"./{e.name}" for e in self.images[name].entries() if e.isfile()})
            ids = {each["SPDXID"] for each in document["packages"] + document["files"]} | {"SPDXRef-DOCUMENT"}
            owned = set()
            for each in document["relationships"]:
                self.assertLessEqual({each["spdxElementId"], each["relatedSpdxElement"]}, ids)
                if each["relationshipType"] == "CONTAINS":
                    owned.add(each["relatedSpdxElement"])
            self.assertEqual(owned, {each["SPDXID"] for each in document["files"]})
            names = {each["name"] for each in document["packages"]}
            self.assertLessEqual({"libc6", "libstdc++6", "libssl3", "ca-certificates"}, names)

    def test_programs_run_with_nothing_else(self):
        """In the image's own file system, read-only as far as the user goes, as user 65532."""
        if os.geteuid() != 0:
            self.skipTest("chroot needs root")
        for name, program in PROGRAMS.items():
            root = self.folder / f"root-{name}"
            self.images[name].unpack(root)
            answer = run("chroot", f"--userspec={USER}:{USER}", root, f"/usr/bin/{program}", "--help", check=False)
            self.assertIn("usage", (answer.stdout + answer.stderr).lower(), name)

    def test_the_server_serves_within_a_second(self):
        if os.geteuid() != 0:
            self.skipTest("chroot needs root")
        root = self.folder / "root-start"
        self.images["server"].unpack(root)
        data = root / "data"  # The volume: the only place that the user may write to.
        data.mkdir()
        os.chown(data, USER, USER)
        port = free_port()
        (root / "zoo.cfg").write_text(
            f"dataDir=/data\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.serverPort=0\n"
            "4lw.commands.whitelist=ruok\n"
        )
        took = min(self.start_once(root, port) for _ in range(3))
        print(f"serves after {took * 1000:.0f} ms", end=" ", flush=True)
        self.assertLess(took, START_MAX_S)
        written = {str(p.relative_to(root)) for p in root.rglob("*") if p.stat(follow_symlinks=False).st_uid == USER}
        self.assertTrue(all(each.startswith("data") for each in written), written)

    def start_once(self, root, port):
        begin = time.monotonic()
        server = subprocess.Popen(
            ["chroot", f"--userspec={USER}:{USER}", root, "/usr/bin/quorate-server", "/zoo.cfg"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            while time.monotonic() - begin < 20:
                try:
                    with socket.create_connection(("127.0.0.1", port), 1) as client:
                        client.sendall(b"ruok")
                        if client.recv(4) == b"imok":
                            return time.monotonic() - begin
                except OSError:
                    time.sleep(0.002)
            self.fail("does not serve")
        finally:
            server.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait(20), 0)


class Hardening(unittest.TestCase):
    """What readelf says of the programs of the release build."""

    PROGRAMS = ("quorate-server", "quorate-operator", "quorate")

    def test_position_independent_and_relocations_read_only(self):
        for program in self.PROGRAMS:
            with self.subTest(program=program):
                path = BIN / program
                self.assertRegex(run("readelf", "-hW", path), r"Type:\s+DYN")
                dynamic = run("readelf", "-dW", path)
                self.assertRegex(dynamic, r"FLAGS_1\).*NOW.*PIE")
                self.assertNotRegex(dynamic, "RPATH|RUNPATH|TEXTREL")
                segments = run("readelf", "-lW", path)
                self.assertIn("GNU_RELRO", segments)
                [stack] = re.findall(r"GNU_STACK.*", segments)
                self.assertIn(" RW ", stack)
                self.assertNotIn("RWE", stack)

    def test_stack_protector_fortify_and_control_flow(self):
        for program in self.PROGRAMS:
            with self.subTest(program=program):
                symbols = run("readelf", "--dyn-syms", "-W", BIN / program)
                self.assertIn("__stack_chk_fail", symbols)
                self.assertRegex(symbols, r"__\w+_chk@GLIBC")
                if os.uname().machine == "x86_64":
                    # The linker keeps the mark only if every object has it; the code has it anyway.
                    code = run("objdump", "-d", "--no-show-raw-insn", "--disassemble=main", BIN / program)
                    self.assertIn("endbr64", code)


if __name__ == "__main__":
    unittest.main(verbosity=2)
