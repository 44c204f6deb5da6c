// download.js URL ROOT FOLDER TARGET SHA256: fetches TARGET as tuf-js does, from the root that a program
// was shipped with, and prints what it verified. Fails unless the content has this hash.
const { createHash } = require('crypto');
const { copyFileSync, mkdirSync, readFileSync } = require('fs');
const { join } = require('path');
const { Updater } = require('tuf-js');

async function main([url, root, folder, target, sha256]) {
  const metadataDir = join(folder, 'metadata');
  const targetDir = join(folder, 'targets');
  mkdirSync(metadataDir, { recursive: true });
  mkdirSync(targetDir, { recursive: true });
  copyFileSync(root, join(metadataDir, 'root.json'));
  const updater = new Updater({
    metadataDir,
    metadataBaseUrl: url,
    targetDir,
    targetBaseUrl: `${url}/targets`,
  });
  await updater.refresh();
  const info = await updater.getTargetInfo(target);
  if (!info) throw new Error(`no target ${target}`);
  const path = await updater.downloadTarget(info);
  const found = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (found !== sha256) throw new Error(`sha256 ${found}, expected ${sha256}`);
  console.log(`${target}: ${info.length} bytes, ${found.slice(0, 12)}…`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`${error.name}: ${error.message}`);
  process.exit(1);
});
