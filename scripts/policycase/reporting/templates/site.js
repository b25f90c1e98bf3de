"use strict";
(() => {
  const LISTED = 5; // records shown of a case that the search finds
  const cases = JSON.parse(document.getElementById("data").textContent);
  const list = document.querySelector(".cases");
  const items = new Map([...list.children].map((item) => [item.dataset.case, item]));
  const box = (id) => document.getElementById(id);
  const facets = [...document.querySelectorAll("[data-facet]")];
  const inputs = { q: box("q"), from: box("from"), to: box("to"), order: box("order") };
  for (const facet of facets) inputs[facet.dataset.facet] = facet;

  const fold = (term) => term.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  let index = null;
  const search = (words) => {
    if (!index) {
      index = new MiniSearch({
        fields: ["title", "text", "names"],
        processTerm: fold,
        extractField: (one, field) => (field === "names" ? one.records.map((record) => record[1]).join("\n") : one[field]),
        searchOptions: { boost: { title: 3 }, prefix: true, combineWith: "AND" },
      });
      index.addAll(cases);
    }
    const found = index.search(words);
    return found.length ? found : index.search(words, { fuzzy: 0.2 }); // a misspelling, only where nothing else is found
  };

  const tokens = MiniSearch.getDefault("tokenize");
  const records = (one, terms) => {
    const wanted = new Set(terms);
    const hits = ([, name]) => new Set(tokens(name).map(fold).filter((term) => wanted.has(term))).size;
    const found = one.records.map((record) => [hits(record), record]).filter(([count]) => count);
    return found.sort(([a], [b]) => b - a).map(([, record]) => record);
  };

  const show = (item, one, terms) => {
    const place = item.querySelector(".found");
    const found = terms ? records(one, terms) : [];
    const lines = found.slice(0, LISTED).map(([anchor, name, table]) => {
      const line = document.createElement("li");
      const link = document.createElement("a");
      link.href = `${item.querySelector("h3 a").getAttribute("href")}#${anchor}`;
      link.textContent = name;
      const kind = document.createElement("small");
      kind.textContent = ` ${table}`;
      line.append(link, kind);
      return line;
    });
    if (found.length > LISTED) {
      const more = document.createElement("li");
      more.textContent = `and ${found.length - LISTED} more`;
      lines.push(more);
    }
    place.replaceChildren(...lines);
    place.hidden = !lines.length;
  };

  const number = (input) => (input && /^\d{1,4}$/.test(input.value) ? Number(input.value) : null);
  const within = ([first, last], from, to) => (to === null || first === null || first <= to) && (from === null || last === null || last >= from);
  const orders = {
    title: (a, b) => a.title.localeCompare(b.title),
    first: (a, b) => (a.years[0] ?? Infinity) - (b.years[0] ?? Infinity) || 0,
  };

  const update = () => {
    const words = inputs.q.value.trim();
    const hits = words ? new Map(search(words).map((hit, place) => [hit.id, { place, terms: hit.terms }])) : null;
    inputs.order.options[0].text = hits ? "Best match" : "Case id";
    const [from, to] = [number(inputs.from), number(inputs.to)];
    let chosen = cases.filter(
      (one) => (!hits || hits.has(one.id)) && facets.every((facet) => !facet.value || (one.codes[facet.dataset.facet] ?? []).includes(facet.value))
    );
    let undated = 0;
    if (from !== null || to !== null) {
      const dated = chosen.filter((one) => one.years.some((year) => year !== null));
      undated = chosen.length - dated.length;
      chosen = dated.filter((one) => within(one.years, from, to));
    }
    if (inputs.order.value) chosen = [...chosen].sort(orders[inputs.order.value]);
    else if (hits) chosen = [...chosen].sort((a, b) => hits.get(a.id).place - hits.get(b.id).place);
    const kept = new Set(chosen);
    for (const one of cases) items.get(one.id).hidden = !kept.has(one);
    for (const one of chosen) show(items.get(one.id), one, hits && hits.get(one.id).terms);
    list.append(...chosen.map((one) => items.get(one.id)));
    const left = undated ? `; ${undated} without a date left out` : "";
    box("shown").textContent = chosen.length === cases.length ? `${cases.length} cases` : `${chosen.length} of ${cases.length} cases${left}`;
    box("all").hidden = !Object.values(inputs).some((input) => input && input.value);
  };

  const remember = () => {
    const state = new URLSearchParams();
    for (const [name, input] of Object.entries(inputs)) if (input && input.value.trim()) state.set(name, input.value.trim());
    history.replaceState(null, "", `#${state}`);
  };
  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const [name, input] of Object.entries(inputs)) if (input) input.value = state.get(name) ?? "";
    for (const facet of facets) if (facet.selectedIndex < 0) facet.value = ""; // a code that no case has
    if (inputs.order.selectedIndex < 0) inputs.order.value = "";
    update();
  };
  const changed = () => {
    update();
    remember();
  };

  document.querySelector(".choices").hidden = false;
  for (const input of Object.values(inputs)) if (input) input.addEventListener("input", changed);
  box("all").addEventListener("click", () => {
    for (const input of Object.values(inputs)) if (input) input.value = "";
    changed();
    inputs.q.focus();
  });
  addEventListener("hashchange", () => {
    if (location.hash.includes("=")) recall(); // any other fragment is a place in the page
  });
  if (location.hash.includes("=")) recall();
  else update();
})();
