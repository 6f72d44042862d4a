// A browser that goes where it is told: {"url", "steps": [["fill", selector, text] | ["click", selector]]} on stdin; what it sees at
// each stop on stdout.
import { chromium } from "playwright-core";

let asked = "";
for await (const piece of process.stdin) asked += piece;
const { browser: program, url, steps } = JSON.parse(asked);
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
const seen = [];
try {
  const page = await browser.newPage();
  const errors = [];
  page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  const look = async (response) =>
    seen.push({ url: page.url(), title: await page.title(), text: await page.textContent("body"), errors: [...errors],
                policy: response?.headers()["content-security-policy"] });
  await look(await page.goto(url));
  for (const [what, selector, text] of steps) {
    if (what === "fill") {
      await page.fill(selector, text);
      continue;
    }
    const arrived = page.waitForNavigation();
    await page.click(selector);
    await look(await arrived);
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
