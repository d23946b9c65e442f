// Exports a HAR file of each failing page: node export.mjs CHROMIUM FOLDER
import {chromium} from 'playwright-core';
import {listen, mistakes, page} from './servers.mjs';
const close = listen();
const browser = await chromium.launch({executablePath: process.argv[2], args: ['--no-sandbox']});
for (const [name, m] of Object.entries(mistakes)) {
  const context = await browser.newContext({recordHar: {path: `${process.argv[3]}/${name}.har`, content: 'omit'}});
  const tab = await context.newPage();
  await tab.goto(page + '/');
  await tab.evaluate(m.call + '.then(r => r.text(), e => "" + e)').catch(() => {});
  await context.close();
}
console.log(browser.version());
await browser.close();
close();
