# SPDX-License-Identifier: Apache-2.0
"""Checks deploy/ and .github/ without an engine: schemas that check-jsonschema carries along, and the rules of docs/operations.md.

    .venv/bin/python Tests/Deploy/check.py        prints every mistake; exit 1 if there is one
"""
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy/compose.yaml"
OURS = ("gatecast", "users-service", "tasks-service", "notifications-service")
mistakes = []


def check(condition, what):
    if not condition:
        mistakes.append(what)


def schema(name, *files):
    """Builtin schemas only: nothing is downloaded."""
    run = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", name, *map(str, files)], capture_output=True, text=True
    )
    check(run.returncode == 0, f"{name}: {run.stdout}{run.stderr}")


def instructions(text):
    """Pairs of instruction and arguments, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")))
    return [tuple((line.split(None, 1) + [""])[:2]) for line in joined.splitlines() if line.strip()]


def dockerfile(name):
    path = ROOT / "deploy" / name / "Dockerfile"
    where = f"deploy/{name}/Dockerfile"
    lines = instructions(path.read_text())
    known = {"FROM", "RUN", "COPY", "WORKDIR", "ENV", "VOLUME", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    for word, _ in lines:
        check(word in known, f"{where}: {word} is not used here")
    stages = [rest for word, rest in lines if word == "FROM"]
    check(len(stages) == 2 and stages[0].endswith(" AS build"), f"{where}: a build stage and a runtime stage")
    for image in stages:
        tag = image.split()[0].partition(":")[2]
        check(tag and tag != "latest", f"{where}: {image} needs a tag")
        check("bookworm" in tag, f"{where}: builder and runtime must be one Debian release")
    last = lines[max(i for i, (word, _) in enumerate(lines) if word == "FROM"):]
    rest = {word: value for word, value in last}
    check(re.fullmatch(r"[1-9]\d*:[1-9]\d*", rest.get("USER", "")), f"{where}: USER must be a number, not root")
    check(f'"{name}", "healthcheck"' in rest.get("HEALTHCHECK", ""), f"{where}: HEALTHCHECK asks the executable itself")
    check(rest.get("ENTRYPOINT") == f'["{name}"]', f"{where}: ENTRYPOINT in exec form, so that signals arrive")
    check([value for word, value in last if word == "COPY"][0].startswith("--from=build "), f"{where}: only the binary is copied")
    users = [i for i, (word, _) in enumerate(last) if word == "USER"]
    check(all(word != "RUN" for word, _ in last[users[0]:]) if users else False, f"{where}: USER comes after the last RUN")
    for word, value in lines:
        if word == "RUN" and "apt-get install" in value:
            check("--no-install-recommends" in value and "rm -rf /var/lib/apt/lists" in value, f"{where}: a lean apt-get")
    packages = (ROOT / "Makefile").read_text().split("\npackages:\n")[1].splitlines()[0]
    wanted = set(packages.split("scripts/packages", 1)[1].split())
    check(wanted <= set(lines[1][1].split()), f"{where}: builds with what `make packages` installs: {sorted(wanted)}")


def compose():
    document = yaml.safe_load(COMPOSE.read_text())
    services = document["services"]
    for name, service in services.items():
        where = f"compose.yaml: {name}"
        check(service.get("read_only") is True, f"{where}: read_only")
        check(service.get("cap_drop") == ["ALL"], f"{where}: cap_drop ALL")
        check("no-new-privileges:true" in service.get("security_opt", []), f"{where}: no-new-privileges")
        check(not service.get("privileged"), f"{where}: privileged")
        if "build" in service:
            check((COMPOSE.parent / service["build"]["context"] / service["build"]["dockerfile"]).is_file(), f"{where}: no Dockerfile")
        else:
            tag = service["image"].partition(":")[2]
            check(tag and tag != "latest", f"{where}: {service['image']} needs a tag")
            check("user" in service and not service["user"].startswith("0"), f"{where}: user")
            check("healthcheck" in service, f"{where}: healthcheck")
        for other, how in service.get("depends_on", {}).items():
            check(other in services, f"{where}: depends on {other}, which is not there")
            check(how.get("condition") == "service_healthy", f"{where}: must wait until {other} is healthy")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                check((COMPOSE.parent / source).exists(), f"{where}: {source} is not there")
                check(volume.endswith(":ro"), f"{where}: {volume} must be read-only")
            else:
                check(source in document["volumes"], f"{where}: volume {source} is not declared")
        for port in service.get("ports", []):
            check(port.startswith(("127.0.0.1:", "${GATECAST_PUBLISH:-127.0.0.1:")), f"{where}: {port} is open to the world")
    used = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))
    text = (ROOT / "deploy/.env.example").read_text()
    explained = set(re.findall(r"^(\w+)=", text, re.M))
    check(used == explained, f".env.example: {sorted(used ^ explained)} is in one of compose.yaml and .env.example only")
    for line in re.findall(r"^\w*(?:KEY|TOKEN|PASSWORD)=(.+)$", text, re.M):
        check(False, f".env.example: a secret has a value: {line}")
    ports = {"users": 8101, "tasks": 8102, "notifications": 8103}
    gateway = yaml.safe_load((ROOT / "deploy/gatecast/gatecast.yaml").read_text())
    for name, port in ports.items():
        check(gateway["upstreams"][name] == [f"{name}:{port}"], f"gatecast.yaml: upstream {name}")
        check(f"EXPOSE {port}" in (ROOT / f"deploy/{name}-service/Dockerfile").read_text(), f"{name}: port {port}")


def workflows():
    for path in sorted((ROOT / ".github/workflows").glob("*.yml")):
        document = yaml.safe_load(path.read_text())
        check(document.get("permissions") is not None, f"{path.name}: permissions must be said")
        for name, job in document["jobs"].items():
            check("timeout-minutes" in job, f"{path.name}: {name} needs timeout-minutes")
            for step in job.get("steps", []):
                check("${{ github.event" not in step.get("run", ""), f"{path.name}: {name}: what an event says is not for a shell")


for name in OURS:
    dockerfile(name)
compose()
workflows()
schema("vendor.compose-spec", COMPOSE)
schema("vendor.github-workflows", *sorted((ROOT / ".github/workflows").glob("*.yml")))
print("\n".join(mistakes) or "deploy: ok")
sys.exit(1 if mistakes else 0)
