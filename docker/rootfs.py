#!/usr/bin/env python3
"""Gathers what one program needs to run in an image from scratch, and says where it comes from.

    docker/rootfs.py PROGRAM ROOT SBOM VERSION

ROOT becomes the file system: the program without symbols, the shared libraries that it is linked
with, the dynamic loader, the authorities' certificates. SBOM becomes an SPDX 2.3 document of the
Debian packages that these files are from. The same input gives the same bytes.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

CERTIFICATES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
# Where OpenSSL looks when it is told of no file.
CERTIFICATES_LINK = pathlib.Path("usr/lib/ssl/cert.pem")


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def epoch():
    return int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def libraries_of(program):
    """Paths, as the loader has them, of all shared libraries and of the loader itself."""
    paths = []
    for line in output_of("ldd", program).splitlines():
        if "not found" in line:
            raise SystemExit(f"{program}: {line.strip()}")
        if found := re.search(r"(/\S+) \(0x", line):
            paths.append(pathlib.Path(found.group(1)))
    return sorted(paths)


def in_root(root, path):
    """The place of a file in the image: Debian's /lib and /lib64 are links into /usr."""
    relative = path.relative_to("/")
    return root / ("usr" / relative if relative.parts[0] in ("lib", "lib64") else relative)


def fill(program, root):
    """Writes the file system; returns {place in the image: file that it was copied from}."""
    shutil.rmtree(root, ignore_errors=True)
    (root / "usr/bin").mkdir(parents=True)
    for name in ("lib", "lib64"):
        (root / "usr" / name).mkdir()
        (root / name).symlink_to(f"usr/{name}")
    target = root / "usr/bin" / program.name
    subprocess.run(["objcopy", "--strip-unneeded", program, target], check=True)
    copied = {}
    for library in libraries_of(program) + [CERTIFICATES]:
        place = in_root(root, library)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(library.resolve(), place)
        place.chmod(0o755 if ".so" in library.name else 0o644)
        copied[place] = library
    (root / CERTIFICATES_LINK).parent.mkdir(parents=True, exist_ok=True)
    (root / CERTIFICATES_LINK).symlink_to(CERTIFICATES)
    target.chmod(0o755)
    for path in [root, *root.rglob("*")]:
        os.utime(path, (epoch(), epoch()), follow_symlinks=False)
    return copied


def spellings(path):
    """dpkg knows a file by the path before /usr was merged, or after."""
    real = path.resolve()
    return (str(path), str(real), str(real).removeprefix("/usr"))


def packages_of(paths):
    """{path: Debian's package that it is from}."""
    asked = sorted({each for path in paths for each in spellings(path)})
    # It fails when it does not know one of them, and tells of the others.
    text = subprocess.run(["dpkg-query", "-S", *asked], capture_output=True, text=True).stdout
    found = {line.split(": ")[1]: line.split(":")[0] for line in text.splitlines()}
    result = {CERTIFICATES: "ca-certificates"}  # Made when that is installed, so of no package's list.
    for path in paths:
        for each in spellings(path):
            if each in found:
                result.setdefault(path, found[each])
        if path not in result:
            raise SystemExit(f"{path} is of no package")
    return result


def fields_of(packages):
    """{package: what dpkg says of it}."""
    names = ("name", "version", "architecture", "homepage", "source", "source_version")
    form = "${Package}\t${Version}\t${Architecture}\t${Homepage}\t${source:Package}\t${source:Version}\n"
    lines = output_of("dpkg-query", "-W", f"-f={form}", *sorted(packages)).splitlines()
    return {line.split("\t")[0]: dict(zip(names, line.split("\t"))) for line in lines}


def package_entry(fields):
    package = fields["name"]
    locator = f"pkg:deb/debian/{package}@{fields['version']}?arch={fields['architecture']}"
    return {
        "SPDXID": f"SPDXRef-Package-{re.sub('[^a-zA-Z0-9.-]', '-', package)}",
        "name": package,
        "versionInfo": fields["version"],
        "sourceInfo": f"built from {fields['source']} {fields['source_version']}",
        "supplier": "Organization: Debian",
        "homepage": fields["homepage"] or "NOASSERTION",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": locator}],
    }


def file_entry(root, path, number):
    digests = {name: hashlib.new(name, path.read_bytes()).hexdigest() for name in ("sha1", "sha256")}
    return {
        "SPDXID": f"SPDXRef-File-{number}",
        "fileName": f"./{path.relative_to(root)}",
        "checksums": [{"algorithm": k.upper(), "checksumValue": v} for k, v in digests.items()],
        "licenseConcluded": "NOASSERTION",
        "copyrightText": "NOASSERTION",
    }


def sbom_of(program, root, copied, version):
    """An SPDX document: our package, Debian's packages, every file and whose it is."""
    ours = {
        "SPDXID": "SPDXRef-Package-quorate", "name": program.name, "versionInfo": version,
        "supplier": "NOASSERTION", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": "CONTAINER",
    }
    owners = packages_of(copied.values())
    fields = fields_of(owners.values())
    packages, files, relations = {}, [], [("SPDXRef-DOCUMENT", "DESCRIBES", ours["SPDXID"])]
    for number, path in enumerate(sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink())):
        files.append(file_entry(root, path, number))
        owner = ours["SPDXID"]
        if path in copied:
            name = owners[copied[path]]
            if name not in packages:
                packages[name] = package_entry(fields[name])
                relations.append((ours["SPDXID"], "DEPENDS_ON", packages[name]["SPDXID"]))
            owner = packages[name]["SPDXID"]
        relations.append((owner, "CONTAINS", files[-1]["SPDXID"]))
    digest = hashlib.sha256(json.dumps(files).encode()).hexdigest()
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{program.name}-{version}",
        "documentNamespace": f"urn:quorate:spdx:{program.name}-{version}-{digest}",
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch())),
            "creators": ["Tool: quorate-docker-rootfs"],
        },
        "packages": [ours] + [packages[name] for name in sorted(packages)],
        "files": files,
        "relationships": [
            {"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relations
        ],
    }


def main():
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    program, root, sbom = map(pathlib.Path, sys.argv[1:4])
    copied = fill(program, root)
    sbom.write_text(json.dumps(sbom_of(program, root, copied, sys.argv[4]), indent=1) + "\n")


if __name__ == "__main__":
    main()
