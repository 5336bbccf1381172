// Builds what the package ships. With --check nothing is written: it fails where what is there is not what this builds.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const target = (name) => here(`../agora_audio/lab/static/${name}`);
const banner = "/* agora-audio viewer, MIT; holds wavesurfer.js, BSD-3-Clause: see LICENSE.wavesurfer beside this file. */";

async function bundle(entry, format) {
  const result = await build({
    entryPoints: [here(`src/${entry}.ts`)],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: "es2022",
    charset: "ascii",
    legalComments: "none",
    loader: { ".css": "text" },
    banner: { js: banner },
  });
  return result.outputFiles[0].text;
}

const built = {
  "report.js": await bundle("report", "iife"),
  "widget.js": await bundle("widget", "esm"),
  "LICENSE.wavesurfer": await readFile(here("node_modules/wavesurfer.js/LICENSE"), "utf8"),
};
const old = [];
for (const [name, text] of Object.entries(built)) {
  if (process.argv.includes("--check")) {
    const there = await readFile(target(name), "utf8").catch(() => "");
    if (there !== text) old.push(name);
  } else {
    await writeFile(target(name), text);
    console.log(`${name}: ${(text.length / 1024).toFixed(0)} KiB`);
  }
}
if (old.length) {
  console.error(`not what viewer/ builds: ${old.join(", ")}: run npm run build in viewer/`);
  process.exit(1);
}
