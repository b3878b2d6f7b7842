"use strict";
document.documentElement.classList.add("js");
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form.controls");
  if (!form) return;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const body = document.querySelector("tbody");
  const nobody = document.querySelector(".nobody");
  const more = document.querySelector(".more");
  const step = 200; // so many rows at a time are laid out at once, which keeps thousands quick
  let limit = step;
  const status = form.querySelector(".shown");
  const boxes = all("[name=verdict]", form);
  const selects = all("select", form);
  const heads = all("th[data-sort]");
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const grouped = (number) => number.toLocaleString("en");
  const rows = [...body.rows].map((row) => ({
    ...row.dataset,
    row,
    rank: Number(row.dataset.rank),
    name: row.querySelector(".name").textContent,
    reason: row.querySelector(".reason").textContent,
  }));

  // -- which rows show

  const visibleText = ({ row }) => {
    const folded = row.querySelector("details:not([open])");
    const text = row.textContent;
    const seen = folded ? text.replace(folded.textContent, () => folded.firstElementChild.textContent) : text;
    return seen.toLowerCase();
  };

  const filter = () => {
    const words = form.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const chosen = selects.filter((select) => select.value);
    const fits = (each) =>
      (!boxes.length || verdicts.has(each.verdict)) &&
      chosen.every((select) => each[select.name] === select.value) &&
      (!words.length || words.every((word) => (each.text ??= visibleText(each)).includes(word)));
    const found = rows.filter(fits);
    const shown = new Set(found.slice(0, limit));
    for (const each of rows) each.row.hidden = !shown.has(each);
    if (wasSorted) body.prepend(...[...shown].map(({ row }) => row)); // where the others stand does not show
    body.classList.add("ready");
    nobody.hidden = found.length > 0;
    more.hidden = shown.size === found.length;
    more.firstElementChild.textContent = `Show ${grouped(Math.min(step, found.length - shown.size))} more`;
    const first = more.hidden ? "" : `the first ${grouped(limit)} of `;
    status.textContent = `Showing ${first}${grouped(found.length)} of ${grouped(rows.length)}`;
    for (const figure of all("figure")) redraw(figure, found);
  };

  const redraw = (figure, found) => {
    const { facet } = figure.dataset;
    const counts = {};
    for (const each of found) counts[each[facet]] = (counts[each[facet]] ?? 0) + 1;
    const said = all(".bar", figure).map((bar) => {
      const count = counts[bar.dataset.value] ?? 0;
      const total = Number(bar.dataset.total);
      const width = bar.querySelector(".whole").getAttribute("width");
      const number = count === total ? grouped(total) : `${grouped(count)} of ${grouped(total)}`;
      bar.querySelector(".part").setAttribute("width", count && Math.max(2, (width * count) / total));
      bar.querySelector(".count").textContent = number;
      return `${bar.dataset.value}: ${number}`;
    });
    figure.querySelector("desc").textContent = said.join(", ");
  };

  // -- in which order

  const compare = {
    rank: (one, other) => one.rank - other.rank,
    made: (one, other) => (one.made < other.made) - (one.made > other.made), // the newest is the first
    name: (one, other) => collator.compare(one.name, other.name),
    reason: (one, other) => collator.compare(one.reason, other.reason),
  };
  let order = { by: "rank", way: "ascending" };
  let wasSorted = false;

  const sort = (by, way = "ascending") => {
    if (by !== order.by || way !== order.way) {
      const sign = way === "ascending" ? 1 : -1;
      rows.sort((one, other) => sign * compare[by](one, other) || one.rank - other.rank);
      wasSorted = true;
    }
    order = { by, way };
    for (const head of heads) {
      if (head.dataset.sort === by) head.setAttribute("aria-sort", way);
      else head.removeAttribute("aria-sort");
    }
    for (const button of all("[data-first]", form)) {
      button.setAttribute("aria-pressed", button.dataset.first === by && way === "ascending");
    }
  };

  // -- the page's address, which keeps all that differs from the beginning

  const remember = () => {
    const state = new URLSearchParams();
    const checked = boxes.filter((box) => box.checked).map((box) => box.value);
    if (form.find.value.trim()) state.set("find", form.find.value.trim());
    if (checked.length < boxes.length) state.set("verdict", checked.join(" ") || "none");
    for (const { name, value } of selects) if (value) state.set(name, value);
    if (order.by !== "rank" || order.way !== "ascending") state.set("sort", order.by);
    if (order.way !== "ascending") state.set("order", order.way);
    const page = location.href.split("#")[0];
    history.replaceState(null, "", state.size ? `${page}#${state}` : page);
  };

  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    const verdicts = new Set(state.get("verdict")?.split(" "));
    const isKnown = verdicts.has("none") || boxes.some((box) => verdicts.has(box.value));
    form.find.value = state.get("find") ?? "";
    for (const box of boxes) box.checked = !isKnown || verdicts.has(box.value);
    for (const select of selects) {
      const isOffered = [...select.options].some(({ value }) => value === state.get(select.name));
      select.value = isOffered ? state.get(select.name) : "";
    }
    const by = state.get("sort");
    limit = step;
    sort(Object.hasOwn(compare, by) ? by : "rank", state.get("order") === "descending" ? "descending" : "ascending");
    filter();
  };

  // -- what can be pressed

  const change = () => {
    limit = step;
    filter();
    remember();
  };
  const reorder = (by, way) => {
    sort(by, way);
    change();
  };
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => {
      const isTurned = head.getAttribute("aria-sort") === "ascending";
      reorder(head.dataset.sort, isTurned ? "descending" : "ascending");
    });
    head.append(button);
  }
  for (const button of all("[data-first]", form)) {
    button.addEventListener("click", () => reorder(button.dataset.first));
  }
  let pause;
  form.find.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(change, 150); // not at every key of a word
  });
  for (const each of [...boxes, ...selects]) each.addEventListener("change", change);
  more.addEventListener("click", () => {
    limit += step;
    filter();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  body.addEventListener("toggle", ({ target }) => {
    rows.find(({ row }) => row.contains(target)).text = undefined;
  }, true);
  nobody.querySelector("button").addEventListener("click", () => {
    form.reset();
    change();
    form.find.focus();
  });
  window.addEventListener("hashchange", recall);
  recall();
});
