// Links the native anvil and cast of the pinned npm platform packages into .venv/bin.
// Ape looks the node up on PATH only, and dependencies' own install scripts stay disabled (.npmrc),
// so this runs as an explicit step after `npm ci`. It is idempotent and prints one line.
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const TOOLS = ["anvil", "cast"];
const ARCHITECTURES = { x64: "amd64", arm64: "arm64" };
const PLATFORM = `${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;

function fail(message) {
  console.error(`link_anvil: ${message}`);
  process.exit(1);
}

function wantedVersion() {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return manifest.optionalDependencies["@foundry-rs/anvil-linux-amd64"];
}

function installHint(version) {
  return `install it with "curl -L https://foundry.paradigm.xyz | bash && foundryup --install v${version}" and put it on PATH`;
}

function nativeBinary(tool) {
  const path = join(ROOT, "node_modules", "@foundry-rs", `${tool}-${PLATFORM}`, "bin", tool);
  return existsSync(path) ? path : null;
}

function versionOf(binary) {
  try {
    const output = execFileSync(binary, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return output.match(/\d+\.\d+\.\d+/)?.[0] ?? null;
  } catch {
    return null;
  }
}

function link(target, directory, name) {
  const path = join(directory, name);
  const destination = relative(directory, target);
  const current = lstatSync(path, { throwIfNoEntry: false });
  if (current?.isSymbolicLink() && readlinkSync(path) === destination) return;
  // Rename over the old link: a node that starts meanwhile finds either the old or the new binary.
  const temporary = `${path}.${process.pid}`;
  rmSync(temporary, { force: true });
  symlinkSync(destination, temporary);
  renameSync(temporary, path);
}

const version = wantedVersion();
const binaries = Object.fromEntries(TOOLS.map((tool) => [tool, nativeBinary(tool)]));

if (TOOLS.every((tool) => binaries[tool] === null)) {
  const onPath = versionOf("anvil");
  if (onPath === null) {
    fail(`no prebuilt anvil for ${PLATFORM} is installed; run "npm ci" (linux-amd64), elsewhere ${installHint(version)}`);
  }
  console.log(`anvil ${onPath} from PATH (no prebuilt package for ${PLATFORM}; tested with ${version})`);
  process.exit(0);
}

const directory = join(ROOT, ".venv", "bin");
if (!existsSync(directory)) fail(".venv/bin is missing; run \"uv sync --frozen\" first");
for (const tool of TOOLS) {
  if (binaries[tool] === null) fail(`package @foundry-rs/${tool}-${PLATFORM} is missing; run "npm ci" again`);
  const found = versionOf(binaries[tool]);
  if (found !== version) fail(`${tool} does not run here (${found ?? "no version"}, expected ${version}); ${installHint(version)}`);
  link(binaries[tool], directory, tool);
}
console.log(`anvil and cast ${version} linked into .venv/bin`);
