// Opens a page in Chromium and writes down, as JSON, what is seen there. What it should be is said by tests/end_to_end/test_page.py.
//   node look.mjs report|audit FILE
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const [, , kind, file] = process.argv;
const address = pathToFileURL(file).href;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await puppeteer.launch({
  args: [...chromium.args, "--no-sandbox"],
  executablePath: await chromium.executablePath(),
  headless: "shell",
});
const version = await browser.version();

// A page that writes down what it complains of and what it asks for.
async function open(settings = {}) {
  const page = await browser.newPage();
  page.heard = [];
  page.requests = [];
  page.on("console", (message) => page.heard.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => page.heard.push(`page error: ${error.message}`));
  page.on("request", (request) => page.requests.push(request.url()));
  page.devtools = await page.createCDPSession();
  if (settings.script === false) await page.setJavaScriptEnabled(false);
  await page.setViewport({ width: 1300, height: 900 });
  await page.goto(address, { waitUntil: "load" });
  return page;
}

const emulate = (page, media, scheme) =>
  page.devtools.send("Emulation.setEmulatedMedia", {
    media,
    features: [{ name: "prefers-color-scheme", value: scheme }],
  });

// The least contrast of visible text against what is painted behind it, as WCAG 2 counts it.
function leastContrast() {
  const parse = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = (top, under) => top.rgb.map((value, i) => value * top.alpha + under[i] * (1 - top.alpha));
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    const dark = matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches;
    return layers.reduceRight((under, top) => over(top, under), dark ? [18, 18, 18] : [255, 255, 255]);
  };
  let least = { ratio: 21, text: "" };
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || ["SCRIPT", "STYLE", "OPTION"].includes(element.tagName) || !element.checkVisibility()) continue;
    texts += 1;
    const under = behind(element);
    const [one, other] = [light(over(parse(getComputedStyle(element).color), under)), light(under)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < least.ratio) least = { ratio, text: text.slice(0, 60) };
  }
  return { ...least, texts };
}

async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
  });
}

const widths = async (page) => {
  const seen = {};
  for (const width of [320, 360, 390, 768, 1024, 1300]) {
    await page.setViewport({ width, height: 800 });
    seen[width] = await page.evaluate(() => document.documentElement.scrollWidth);
  }
  await page.setViewport({ width: 1300, height: 900 });
  return seen;
};

// How the page looks to anyone: both schemes, wide and narrow.
async function lookAtAny(page) {
  const seen = { widths: await widths(page), contrast: {}, violations: {} };
  for (const scheme of ["light", "dark"]) {
    await emulate(page, "screen", scheme);
    seen.contrast[scheme] = await page.evaluate(leastContrast);
    seen.violations[scheme] = await violations(page);
  }
  await page.setViewport({ width: 390, height: 800 });
  seen.violations.narrow = await violations(page);
  await page.setViewport({ width: 1300, height: 900 });
  await emulate(page, "screen", "light");
  seen.pictures = await page.evaluate(() =>
    [...document.images].map((image) => ({ alt: image.alt, loaded: image.complete && image.naturalWidth > 0 })),
  );
  seen.deadLinks = await page.evaluate(() =>
    [...document.links].map((link) => link.getAttribute("href")).filter((href) => !document.getElementById(href.slice(1))),
  );
  return seen;
}

const state = () => {
  const visible = (element) => element.checkVisibility();
  const rows = [...document.querySelectorAll("#verdicts tbody tr")];
  return {
    rows: rows.filter(visible).map((row) => ({
      id: row.querySelector("a").textContent,
      verdict: row.querySelector(".verdict").textContent,
      source: row.cells[1].textContent,
      cells: [...row.cells].map((cell) => cell.textContent.trim()),
    })),
    headings: [...document.querySelectorAll("#verdicts thead th")].map((heading) => ({
      name: heading.textContent.replace(/[▲▼↕]/g, "").trim(),
      sort: heading.getAttribute("aria-sort"),
      button: heading.querySelector("button") !== null,
    })),
    status: document.querySelector("#controls output").textContent,
    controls: visible(document.getElementById("controls")),
  };
};

async function lookAtSorting(page) {
  const seen = [];
  const count = await page.$$eval("#verdicts thead th", (headings) => headings.length);
  for (let column = 1; column <= count; column++) {
    const button = await page.$(`#verdicts thead th:nth-child(${column}) button`);
    if (!button) continue;
    await button.click();
    const clicked = await page.evaluate(state);
    await button.focus();
    await page.keyboard.press("Enter");
    const entered = await page.evaluate(state);
    await page.keyboard.press("Space");
    seen.push({ column: column - 1, clicked, entered, spaced: await page.evaluate(state) });
  }
  return seen;
}

async function lookAtFilter(page) {
  const seen = { verdicts: {}, sources: {} };
  const boxes = await page.$$("#controls input[type=checkbox]");
  for (const box of boxes) {
    await box.focus();
    await page.keyboard.press("Space");
    seen.verdicts[await box.evaluate((one) => one.value)] = await page.evaluate(state);
    await page.keyboard.press("Space");
  }
  for (const source of await page.$$eval("#controls option", (options) => options.map((option) => option.value))) {
    await page.select("#controls select", source);
    seen.sources[source] = await page.evaluate(state);
  }
  await page.select("#controls select", "");
  await page.type("#controls input[type=search]", "MASK lstm");
  seen.words = await page.evaluate(state);
  await boxes[0].click();
  seen.both = await page.evaluate(state);
  await page.type("#controls input[type=search]", " xyzzy");
  seen.nothing = await page.evaluate(state);
  // On paper all rows are there, and the page is white, whatever the screen shows.
  await emulate(page, "print", "dark");
  seen.printed = await page.evaluate(state);
  seen.paper = await page.evaluate(() => ({
    background: getComputedStyle(document.documentElement).getPropertyValue("--paper").trim(),
    shown: ["nav", ".controls", ".skip"].filter((name) => document.querySelector(name).checkVisibility()),
    closed: [...document.querySelectorAll("details > pre")].filter((one) => !one.checkVisibility({ contentVisibilityAuto: true })).length,
    details: document.querySelectorAll("details > pre").length,
    wholeFigures: [...document.querySelectorAll("figure")].every((one) => getComputedStyle(one).breakInside === "avoid"),
  }));
  seen.paper.contrast = await page.evaluate(leastContrast);
  // As wide as A4 between the margins.
  await page.setViewport({ width: 688, height: 900 });
  Object.assign(seen.paper, await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, width: innerWidth })));
  await page.setViewport({ width: 1300, height: 900 });
  await emulate(page, "screen", "light");
  await page.click("#controls button");
  seen.cleared = await page.evaluate(state);
  return seen;
}

async function lookAtKeyboard(page) {
  const focused = () => document.activeElement.getAttribute("href") ?? document.activeElement.id;
  await page.keyboard.press("Tab");
  const first = await page.evaluate(focused);
  await page.keyboard.press("Enter");
  return { first, then: await page.evaluate(focused) };
}

const seen = { version };
const page = await open();
if (kind === "report") {
  seen.keyboard = await lookAtKeyboard(page);
  seen.start = await page.evaluate(state);
  seen.sorting = await lookAtSorting(page);
  seen.filter = await lookAtFilter(page);
  const bare = await open({ script: false });
  seen.bare = await bare.evaluate(state);
}
Object.assign(seen, await lookAtAny(page), { heard: page.heard, requests: page.requests });
await browser.close();
console.log(JSON.stringify(seen));
