"use strict";
document.documentElement.classList.add("js");
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form.controls");
  if (!form) return;
  const body = document.querySelector("tbody");
  const nobody = document.querySelector(".nobody");
  const shown = form.querySelector(".shown");
  const boxes = [...form.querySelectorAll("[name=verdict]")];
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const rows = [...body.rows].map((row) => ({
    row,
    text: row.textContent.toLowerCase(),
    verdict: row.dataset.verdict,
    rank: Number(row.dataset.rank),
    made: row.dataset.made,
    name: row.querySelector(".name").textContent,
    reason: row.querySelector(".reason").textContent,
  }));

  const filter = () => {
    const words = form.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let count = 0;
    for (const { row, text, verdict } of rows) {
      const fits = (!boxes.length || chosen.has(verdict)) && words.every((word) => text.includes(word));
      row.hidden = !fits;
      count += fits;
    }
    nobody.hidden = count > 0;
    shown.textContent = `Showing ${count} of ${rows.length}`;
  };

  const orders = {
    rank: (one, other) => one.rank - other.rank,
    made: (one, other) => (one.made < other.made) - (one.made > other.made), // the longest wait is the most
    name: (one, other) => collator.compare(one.name, other.name),
    reason: (one, other) => collator.compare(one.reason, other.reason),
  };
  const heads = [...document.querySelectorAll("th[data-sort]")];

  const sort = (head) => {
    const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", way === 1 ? "ascending" : "descending");
    const order = orders[head.dataset.sort];
    rows.sort((one, other) => way * order(one, other) || one.rank - other.rank);
    for (const { row } of rows) body.append(row);
  };

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head));
    head.append(button);
  }
  heads.find((head) => head.dataset.sort === "rank").setAttribute("aria-sort", "ascending");
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  nobody.querySelector("button").addEventListener("click", () => {
    form.reset();
    filter();
    form.find.focus();
  });
  filter();
});
