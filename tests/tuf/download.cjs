// node download.cjs TUF_JS URL METADATA_DIR TARGET_DIR NAME: downloads the target NAME from
// the repository at URL, with another client of TUF than ours, and prints where it is.
const path = require('node:path');
const [tuf, url, metadataDir, targetDir, name] = process.argv.slice(2);
const { Updater } = require(path.join(tuf, 'node_modules', 'tuf-js'));

async function main() {
  const targetBaseUrl = `${url}/targets/`;
  const updater = new Updater({ metadataDir, metadataBaseUrl: url, targetDir, targetBaseUrl });
  await updater.refresh();
  const info = await updater.getTargetInfo(name);
  if (!info) throw new Error(`no target ${name}`);
  console.log(await updater.downloadTarget(info));
}

main().catch((error) => {
  console.error(`${error.name}: ${error.message}`);
  process.exit(1);
});
