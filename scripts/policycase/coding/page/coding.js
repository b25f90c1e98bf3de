// A coding file as the page holds it: read, changed without touching what was, and written. Knows nothing of the screen.
"use strict";

const Coding = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { profile, lists, case_id: caseId } = data;
  const TABLES = profile.tables;
  const SECTIONS = ["case", "sources", "passages", "other_sources", "without_passage", "scope", "coders", "reliability",
    "fingerprints", "package"];
  const MARKS = ["stated", "inferred", "elsewhere"];
  const MADE = new Set(["position", "profile_version", "source_use"]); // columns that an import fills
  const LOCAL = /^(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/; // a number alone would lose its place among other names
  const TOKEN = /^([^\s:?]+)(?::([a-z0-9_]+(?:, ?[a-z0-9_]+)*))?(\?)?$/;
  const HEADING = "# Saved by the coding page. It holds no sentence of the source. Then run: policycase import THIS-FILE\n";
  const isMapping = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const fields = Object.fromEntries(
    Object.entries(TABLES).map(([name, table]) => [name, Object.fromEntries(table.fields.map((one) => [one.name, one]))]),
  );

  // --- parts of a file ---

  const own = (whole, name) => (Object.hasOwn(whole, name) ? whole[name] : undefined);
  const get = (whole, path) =>
    path.reduce((part, name) => (part !== null && typeof part === "object" ? own(part, name) : undefined), whole);

  /** The whole with one part changed; undefined takes it away. What did not change is shared. */
  function set(whole, path, value) {
    if (!path.length) return value;
    const [name, ...rest] = path;
    const before = whole ?? (typeof name === "number" ? [] : {});
    const part = set(own(before, name), rest, value);
    if (Array.isArray(before)) {
      return part === undefined ? before.filter((_, at) => at !== name) : Object.assign([...before], { [name]: part });
    }
    if (part !== undefined) return { ...before, [name]: part };
    const { [name]: _gone, ...kept } = before;
    return kept;
  }

  const local = (text) => (text.startsWith(`${caseId}:`) ? text.slice(caseId.length + 1) : text);
  const markOf = (value) => (isMapping(value) ? (MARKS.find((mark) => mark in value) ?? "") : "");
  const textOf = (value) => (isMapping(value) ? String(own(value, markOf(value)) ?? "") : String(value ?? ""));
  const withText = (value, text) => (markOf(value) ? { ...value, [markOf(value)]: text } : text);
  function withMark(value, mark) {
    const note = isMapping(value) && value.note ? { note: value.note } : {};
    return mark ? { [mark]: textOf(value), ...note } : textOf(value);
  }

  function tokenOf(item) {
    const text = isMapping(item) ? (Object.keys(item)[0] ?? "") : String(item);
    const match = TOKEN.exec(text);
    return {
      text,
      note: isMapping(item) ? item[text] : "",
      record: match ? (match[1] === caseId ? "case" : local(match[1])) : "",
      fields: match && match[2] ? match[2].split(/, ?/) : [],
      inferred: Boolean(match && match[3]),
    };
  }
  const token = (record, field, inferred) => `${record}${field ? `:${field}` : ""}${inferred ? "?" : ""}`;

  // --- what stands where ---

  /** Every place of the file where records stand: path, passage, content by table. */
  function* places(file) {
    for (const [passage, part] of Object.entries(file.passages ?? {})) yield [["passages", passage], passage, part];
    for (const [source, part] of Object.entries(file.other_sources ?? {})) yield [["other_sources", source], "", part];
    yield [["without_passage"], "", file.without_passage ?? {}];
  }

  /** Records by id, what stands and what is supported under each passage, and ids of links by their content. */
  function index(file) {
    const records = new Map([
      ["case", { id: "case", table: "cases", home: "", values: { ...file.case }, path: ["case"], at: {} }],
    ]);
    const under = new Map(), supports = new Map(), supported = new Map();
    const links = [], counts = new Map(), repeated = [], conflicts = [];
    const take = (id, table, path, passage, content, isNew) => {
      const known = records.get(id);
      if (known && (isNew || known.table !== table)) repeated.push({ id, passage });
      if (!known) records.set(id, { id, table, home: passage, path, values: {}, at: {} });
      const record = records.get(id);
      for (const [name, value] of Object.entries(content)) {
        const [text, before] = [textOf(value).trim(), textOf(record.values[name]).trim()];
        if (text && !before) [record.values[name], record.at[name]] = [value, passage];
        else if (text && idOf(text) !== idOf(before)) conflicts.push({ id, name, passage, text, before, first: record.at[name] ?? "" });
      }
      if (passage) under.get(passage).push({ id, table, path, content, isHome: !known });
    };
    for (const [path, passage, part] of places(file)) {
      if (passage) {
        under.set(passage, []);
        supports.set(passage, (part.supports ?? []).map(tokenOf));
        if (part.case) take("case", "cases", [...path, "case"], passage, part.case);
      }
      for (const name of profile.coded) {
        const table = TABLES[name];
        if (!table.parts.length) {
          for (const [id, content] of Object.entries(part[name] ?? {})) {
            take(local(id), name, [...path, name, id], passage, content);
          }
          continue;
        }
        (part[name] ?? []).forEach((content, at) => {
          const given = local(textOf(content[table.key]));
          const further = given && !table.parts.some((one) => textOf(content[one]));
          let id = given;
          if (!further) {
            const made = table.parts.map((one) => local(textOf(content[one]))).join("--");
            counts.set(made, (counts.get(made) ?? 0) + 1);
            id = given || (counts.get(made) === 1 ? made : `${made}--${counts.get(made)}`);
            links.push([content, id]);
          }
          take(id, name, [...path, name, at], passage, content, !further);
        });
      }
    }
    for (const [passage, tokens] of supports) {
      for (const one of tokens) {
        if (!supported.has(one.record)) supported.set(one.record, []);
        supported.get(one.record).push(passage);
      }
    }
    return { records, under, supports, supported, links, repeated, conflicts };
  }

  const isWhole = (one) => !one.fields.length; // of a token: it is about the record itself

  /** Whether a token says no more than how a record rests on the sentence it stands under, which its card shows. */
  const isOwn = (found, passage, one) => found.records.get(one.record)?.home === passage && isWhole(one) && !one.note;

  /** Whether a record is inferred from the sentence it stands under: a part of a link says so, or a token with its id. */
  function isInferred(found, { id, table, content }, passage) {
    return TABLES[table].parts.some((part) => markOf(content[part]) === "inferred")
      || found.supports.get(passage).some((one) => one.record === id && isWhole(one) && one.inferred);
  }

  /** The file with a record said here or inferred. A link rests on its sentence with all its parts, so one of them is marked. */
  function withBasis(file, { id, table, path, content }, passage, isNow) {
    const { parts } = TABLES[table];
    const place = ["passages", passage, "supports"];
    const plain = parts.filter((part) => markOf(content[part])).reduce((made, part) => set(made, [...path, part], textOf(content[part])), file);
    const isSaid = (item) => tokenOf(item).record === id && isWhole(tokenOf(item));
    const items = get(file, place) ?? [];
    const noted = items.find((item) => isSaid(item) && tokenOf(item).note);
    const kept = items.flatMap((item) => (item === noted ? [{ [token(id, "", isNow)]: tokenOf(item).note }] : isSaid(item) ? [] : [item]));
    if (isNow && !noted && parts.length) return set(set(plain, place, kept), [...path, parts[1]], withMark(content[parts[1]], "inferred"));
    return set(plain, place, isNow && !noted ? [...kept, token(id, "", true)] : kept);
  }

  const NAMES = ["name", "title", "statement", "summary"];
  function nameOf(found, id, shown = null) {
    const record = found.records.get(id);
    if (!record) return id;
    if (id === "case") return "the case";
    const table = TABLES[record.table];
    const parts = (shown ?? table.parts).map((one) => {
      const text = textOf(record.values[one]);
      const field = fields[record.table][one];
      const label = field.vocabulary && profile.codes[field.vocabulary].find((code) => code.code === text)?.label.toLowerCase();
      const of = found.records.get(local(text));
      return label || (of && !TABLES[of.table].parts.length && nameOf(found, of.id)) || text || "?";
    });
    return parts.join(" · ") || textOf(record.values[NAMES.find((one) => textOf(record.values[one]))]) || id;
  }

  /** One row of a table, whose title is in the plural: an agency of a program. */
  function singular(title) {
    const [what, of] = title.replace(/^Links between/, "Link between").split(" of ").map((part) => part.replace(/ies$/, "y").replace(/(?<!between event)s$/, ""));
    return of ? `${what} of ${/^[aeiou]/.test(of) ? "an" : "a"} ${of}` : what;
  }

  /** coded, context, uncoded or open: whether a sentence is accounted for. A reason alone says uncoded. */
  function statusOf(file, found, passage) {
    const part = file.passages[passage] ?? {};
    const said = textOf(part.coding);
    if (said && said !== "coded") return said;
    if ((found.under.get(passage) ?? []).length || (found.supports.get(passage) ?? []).length) return "coded";
    return !said && textOf(part.note) ? "uncoded" : "open";
  }

  // --- changes ---

  /** The file with ids changed wherever they stand: as names, as values, in what supports says. */
  function renamed(file, ids) {
    const changed = (text) => ids.get(local(text)) ?? text;
    const value = (one) => (isMapping(one) ? { ...one, [markOf(one)]: changed(textOf(one)) } : changed(textOf(one)));
    const content = (table, record) =>
      Object.fromEntries(
        Object.entries(record).map(([name, one]) => [
          name,
          (fields[table][name]?.refers || name === TABLES[table].key) && ids.has(local(textOf(one))) ? value(one) : one,
        ]),
      );
    const item = (one) => {
      const read = tokenOf(one);
      if (!ids.has(read.record)) return one;
      const text = token(ids.get(read.record), read.fields.join(", "), read.inferred);
      return isMapping(one) ? { [text]: read.note } : text;
    };
    const part = (whole) => {
      const made = { ...whole };
      for (const name of profile.coded) {
        if (Array.isArray(whole[name])) made[name] = whole[name].map((one) => content(name, one));
        else if (whole[name]) {
          made[name] = Object.fromEntries(
            Object.entries(whole[name]).map(([id, one]) => [changed(id), content(name, one)]),
          );
        }
      }
      if (whole.supports) made.supports = whole.supports.map(item);
      return made;
    };
    const all = (section) => Object.fromEntries(Object.entries(section).map(([name, one]) => [name, part(one)]));
    return {
      ...file,
      passages: all(file.passages),
      ...(file.other_sources ? { other_sources: all(file.other_sources) } : {}),
      ...(file.without_passage ? { without_passage: part(file.without_passage) } : {}),
    };
  }

  /** After a change, what pointed to a link whose id was made anew points to it again. */
  function relinked(before, after) {
    const [was, is] = [index(before).links, index(after).links];
    const known = new Map(was);
    const ids = new Map();
    is.forEach(([content, id], at) => {
      const old = known.get(content) ?? (was.length === is.length ? was[at][1] : id);
      if (old !== id) ids.set(old, id);
    });
    return ids.size ? renamed(after, ids) : after;
  }

  function rename(file, old, id) {
    const before = index(file);
    if (id === old || !LOCAL.test(id) || before.records.has(id)) return file;
    const ids = new Map([[old, id]]);
    const made = renamed(file, ids);
    return relinked(file, made);
  }

  /** Without a record: where it stands, what later sentences add to it, and what is said to support it. */
  function remove(file, id) {
    let made = file;
    for (const [passage, records] of index(file).under) {
      for (const one of records.filter((each) => each.id === id).reverse()) made = set(made, one.path, undefined);
      const kept = (get(made, ["passages", passage, "supports"]) ?? []).filter((item) => tokenOf(item).record !== id);
      if (made.passages[passage].supports) made = set(made, ["passages", passage, "supports"], kept);
    }
    return relinked(file, made);
  }

  const UNSAID = new Set( // words that an id leaves out
    "the a an of and or to in on at as for from its it their his her this that these by with is was were be are been has have had can could may would".split(" "),
  );
  function slug(text, words) {
    const plain = text.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "").replace(/[’']/g, "");
    const parts = plain.split(/[^a-z0-9-]+/).map((one) => one.replace(/^-+|-+$/g, "").replace(/-+/g, "-")).filter((one) => one && !UNSAID.has(one));
    return parts.slice(0, words).join("-").slice(0, 40).replace(/-+$/, "");
  }
  const SINGULAR = (table) => table.replace(/_/g, "-").replace(/ies$/, "y").replace(/s$/, "");
  function freeId(found, table, text) {
    const kind = SINGULAR(table).replace("agencie", "agency");
    const short = (words) => {
      const made = fields[table].name ? slug(text, words) : slug(text, words) && `${kind}-${slug(text, words)}`;
      return /^[0-9-]*$/.test(made) ? [kind, made].filter(Boolean).join("-") : made; // a number alone loses its place
    };
    const usual = fields[table].name ? 4 : 3;
    const made = slug(text, 1);
    const base = [usual, usual + 1, usual + 2, usual + 3].map(short).find((one) => !found.records.has(one)) ?? short(usual);
    for (let number = made ? 1 : 0; ; number += 1) {
      const id = number === 1 ? base : number === 0 ? `${kind}-1` : `${base}-${number}`;
      if (!found.records.has(id)) return id;
    }
  }

  // --- what is wrong ---

  const patterns = new Map();
  function compiled(pattern) {
    if (!patterns.has(pattern)) patterns.set(pattern, new RegExp(pattern));
    return patterns.get(pattern);
  }

  const COUNTRY = caseId.slice(0, 3).toUpperCase();
  const NATIONS = new Set(["country", "former-country"]); // types of places that have a code of two letters
  const DAY = /[0-9]{4}-[0-9]{2}-[0-9]{2}/g;
  const words = (text) => new Set(text.split(" "));
  const PARTS_OF = Object.fromEntries(Object.entries(lists.parts_of).map(([country, codes]) => [country, words(codes)]));
  const [SUBTAG, SCRIPTS, WHOLE_TAGS] = [new RegExp(lists.subtags.pattern), words(lists.subtags.scripts), words(lists.subtags.whole)];

  /** Whether every part of a language tag is registered, in its order. */
  function isLanguage(text) {
    const tag = text.toLowerCase();
    if (WHOLE_TAGS.has(tag) || tag.startsWith("x-")) return true;
    const parts = tag.split("-");
    const end = parts.findIndex((one) => one.length === 1); // what follows is an extension
    const cased = (one, at) => (at && /^[a-z]{4}$/.test(one) ? one[0].toUpperCase() + one.slice(1) : at && one.length === 2 ? one.toUpperCase() : one);
    const kindOf = (one, at) => (!at ? 0 : /^[a-z]{3}$/.test(one) ? 1 : /^[a-z]{4}$/.test(one) ? 2 : /^(?:[a-z]{2}|[0-9]{3})$/.test(one) ? 3 : 4);
    const own = end < 0 ? parts : parts.slice(0, end);
    const kinds = own.map(kindOf);
    return own.length > 0 && new Set(own).size === own.length && kinds.every((kind, at) => !at || kind > kinds[at - 1] || kind === 4)
      && own.map(cased).every((one) => SUBTAG.test(one) || SCRIPTS.has(one));
  }

  function isAddress(text) {
    try {
      return /^https?:/i.test(text) && !text.includes(" ") && new URL(text).host.includes(".");
    } catch {
      return false;
    }
  }

  /** What is wrong with a date of the right form: a day that no calendar has, a range that is reversed. */
  function dateProblem(text) {
    const isDay = (one) => {
      const [year, month, day] = one.split("-").map(Number);
      return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
    };
    if (!(text.match(DAY) ?? []).every(isDay)) return "no such day in the calendar";
    const [first, last] = profile.years;
    const years = text.match(/[0-9]{3}[0-9X]/g) ?? [];
    if (years.some((one) => Number(one.replace("X", "0")) < first || Number(one.replace("X", "9")) > last)) return `expected a year from ${first} to ${last}`;
    if (!text.startsWith("[")) return "";
    const [from, to] = text.slice(1, -1).split("..");
    if (!from && !to) return `expected ${profile.kinds.edtf.expected}`;
    return from && to && from > `${to}${"-12-31".slice(to.length - 4)}` ? "the first date lies after the last" : "";
  }

  function countryProblem(text) {
    if (!lists.countries.some((one) => one.code === text)) return "not the code of a country; choose from the list";
    return text === COUNTRY ? "" : `the id of the case begins with ${caseId.slice(0, 3)}, which is ${COUNTRY}`;
  }

  function partProblem(text, record) {
    const type = textOf(record?.place_type);
    const [country, part] = text.split("-");
    const isNation = lists.countries.some((one) => one.two === text);
    if (isNation || PARTS_OF[country]?.has(part)) {
      if (!type || NATIONS.has(type) === isNation) return "";
      return isNation ? "the code of a country; a part of it has one such as KG-GB" : "the code of a part of a country; a country has two letters";
    }
    return "not a code of ISO 3166; choose from the list";
  }

  const CHECKS = { countries: countryProblem, parts: partProblem }; // what has to be in its list
  const FITS = { language: isLanguage, uri: isAddress };

  /** What is wrong with a text, by its form alone. */
  function problemOf(text, field, found, record) {
    if (!text) return "";
    if (field.vocabulary) {
      return profile.codes[field.vocabulary].some((one) => one.code === text) ? "" : "not a code; choose from the list";
    }
    const kind = profile.kinds[field.kind];
    if (kind && !compiled(kind.pattern).test(text)) return `expected ${kind.expected}`;
    if (field.kind === "edtf" || field.kind === "date") return dateProblem(text);
    if (Number(text) < field.minimum || Number(text) > field.maximum) {
      return field.maximum === undefined ? `expected ${field.minimum} or more` : `expected ${field.minimum} to ${field.maximum}`;
    }
    if (CHECKS[field.list]) return CHECKS[field.list](text, record);
    const fits = (!field.pattern || compiled(field.pattern).test(text)) && (FITS[field.identifier]?.(text) ?? true);
    if (!fits) return `expected ${field.expected}`;
    if (field.name === "field" && record) return fieldProblem(text, found, record);
    return field.refers && field.refers !== "sources" ? referenceProblem(text, field, found) : "";
  }

  function fieldProblem(text, found, record) {
    const of = found.records.get(idOf(textOf(record.record_id)));
    return text === "record" || !of || fields[of.table][text] ? "" : `${singular(TABLES[of.table].title)} has no such field; choose from the list`;
  }

  const idOf = (text) => (local(text) === caseId ? "case" : local(text));
  const isMeant = (field, table) => (field.refers === "any" ? !field.meant || field.meant.includes(table) : field.refers === table);
  function referenceProblem(text, field, found) {
    const record = found.records.get(idOf(text));
    if (!record) return "no record has this id yet";
    if (isMeant(field, record.table)) return "";
    return `this is ${record.id === "case" ? "the case" : `one of ${TABLES[record.table].title.toLowerCase()}`}; choose from the list`;
  }

  /** What rules ask of a record that it does not have, in words; a code in its note may say that the source is silent. */
  function lacks(linked, table, id, values) {
    const isOf = ([name, codes]) => codes.includes(textOf(values[name]));
    const asked = profile.asked.filter((one) => one.table === table && (!one.if || isOf(one.if))
      && (!one.unless || (textOf(values[one.unless[0]]) && !isOf(one.unless))));
    const has = (one) => one.link
      ? linked.has(`${one.link} ${id}`)
      : one.fields.some((name) => textOf(values[name]));
    return asked.filter((one) => !has(one) && !(one.code && textOf(values.note).includes(`[${one.code}]`))).map((one) => {
      const what = one.link ? singular(TABLES[one.link].title).toLowerCase() : one.fields.map((name) => fields[table][name].title).join(" or ");
      const how = one.link ? `add ${/^[aeiou]/.test(what) ? "an" : "a"} ${what}` : `fill in ${what}`;
      return `${one.code ?? "no program and no holder"}; ${how}${one.code ? `, or write [${one.code}] into its note if the source does not say` : ""}`;
    });
  }

  // --- words of the source ---

  /** The letters and digits of a text; white space, hyphens and quotes leave no trace in it. */
  const skeleton = (text) =>
    text.normalize("NFKC").toUpperCase().toLowerCase().replace(/ς/g, "σ").replace(/[^\p{L}\p{N}]/gu, "");
  const RUN = profile.shared_run;
  let runs = null; // each run of the source with the sentence that it begins in
  const shared = new Map(); // of a text: its runs that are in the source
  const MOST = 5000; // texts that are remembered

  function sharedRuns(text) {
    if (text.length < RUN) return [];
    if (!shared.has(text)) {
      if (!runs) {
        const bones = data.sentences.map((one) => skeleton(one.text));
        const whole = bones.join("");
        runs = new Map();
        let start = 0;
        bones.forEach((one, number) => {
          for (let at = start; at < start + one.length && at + RUN <= whole.length; at += 1) runs.set(whole.slice(at, at + RUN), data.sentences[number].id);
          start += one.length;
        });
      }
      if (shared.size > MOST) shared.clear();
      shared.set(text, windows(skeleton(text)).filter((one) => runs.has(one)));
    }
    return shared.get(text);
  }
  const windows = (bones) => Array.from({ length: Math.max(bones.length - RUN + 1, 0) }, (_, at) => bones.slice(at, at + RUN));

  /** The runs within names and titles, a name beside its local form included: facts, which stay as they are. */
  function properRuns(file, found) {
    const made = new Set();
    const take = (table, values) => {
      const names = profile.proper[table].map((name) => textOf(values[name]));
      if (names.reduce((sum, one) => sum + one.length, 0) < RUN) return;
      const bones = names.map(skeleton).filter((one) => one.length <= profile.longest_name);
      for (const one of [...bones, bones.join("")]) for (const run of windows(one)) made.add(run);
    };
    for (const { table, values } of found.records.values()) if (profile.proper[table]) take(table, values);
    for (const section of ["sources", "other_sources", "coders"]) {
      for (const one of Object.values(file[section] ?? {})) take(section === "coders" ? section : "sources", one);
    }
    return made;
  }

  /** Every text of the file in which words of the source stand: where, what it is, its path, and of which sentence. */
  function copies(file, found) {
    const made = [];
    const take = (path, where, value, what) => {
      if (typeof value === "string") {
        const own = sharedRuns(value);
        if (own.length) made.push({ path, where, own, what });
      } else if (value && typeof value === "object") {
        for (const [name, one] of Object.entries(value)) take([...path, name], where, one, what);
      }
    };
    for (const section of ["case", "sources", "coders", "reliability", "scope", "package"]) {
      take([section], "", file[section], (path) => (path.length > 1 ? `${path[0]}: ${path.at(-1)}` : path[0]));
    }
    for (const [path, passage, part] of places(file)) {
      take(path, passage, part, (at) => {
        const entry = found.under.get(passage)?.find((one) => one.path.every((name, number) => String(name) === at[number]));
        const name = entry && at[entry.path.length];
        return entry ? `${whatOf(found, entry.id)}: ${fields[entry.table][name]?.title ?? name}` : (at.at(-1) === "note" ? "Note" : at.join(" "));
      });
    }
    if (!made.length) return made;
    const proper = properRuns(file, found);
    return made.flatMap(({ path, where, own, what }) => {
      const run = own.find((one) => !proper.has(one));
      return run ? [{ path: path.join("/"), where, passage: runs.get(run), what: () => what(path.map(String)) }] : [];
    });
  }

  /** The sentence whose words a text repeats; empty if none. */
  function copyIn(file, found, text) {
    const own = sharedRuns(text);
    if (!own.length) return "";
    const proper = properRuns(file, found);
    return runs.get(own.find((one) => !proper.has(one))) ?? "";
  }
  const repeats = (passage) => `repeats words of ${passage}, ${RUN} letters or more in a row; say it in your own words`;

  const whatOf = (found, id) =>
    id === "case" ? "The case" : `${singular(TABLES[found.records.get(id).table].title)} “${nameOf(found, id)}”`;

  const isAsked = (field) => field.required && !field.default && !MADE.has(field.name) && field.refers !== "sources";

  /** How many rows of each table the sentences give; what only other sources say is not counted. */
  function counts(found) {
    const made = new Map();
    for (const { table, home } of found.records.values()) if (home) made.set(table, (made.get(table) ?? 0) + 1);
    return made;
  }

  /** Everything to correct, each with where it is: a passage, or the front page. */
  function problems(file, found, copied = copies(file, found)) {
    const made = [];
    const add = (where, text) => made.push({ where, text });
    const linked = new Set(); // which links of which records there are
    for (const { table, values } of found.records.values()) {
      for (const part of TABLES[table].parts) linked.add(`${table} ${local(textOf(values[part]))}`);
    }
    const check = (where, what, table, values, id = "", at = {}) => {
      for (const field of TABLES[table].fields) {
        const text = textOf(values[field.name]);
        if (!text && isAsked(field)) add(where, `${what()}: ${field.title} is empty`);
        const problem = problemOf(text, field, found, values);
        if (problem) add(at[field.name] ?? where, `${what()}: ${field.title} is “${text}”; ${problem}`);
      }
      for (const text of lacks(linked, table, id, values)) add(where, `${what()}: ${text}`);
    };
    for (const [id, values] of Object.entries(file.sources ?? {})) check("", () => `Source “${textOf(values.title) || id}”`, "sources", values);
    for (const [id, values] of Object.entries(file.coders ?? {})) check("", () => `Coder “${textOf(values.name) || id}”`, "coders", values);
    if (!Object.keys(file.coders ?? {}).length) add("", "No coder is named");
    const rows = counts(found);
    for (const record of found.records.values()) {
      check(record.home, () => whatOf(found, record.id), record.table, record.values, record.id, record.at);
    }
    for (const one of found.conflicts) {
      const { title } = fields[found.records.get(one.id).table][one.name] ?? { title: one.name };
      add(one.passage, `${whatOf(found, one.id)}: ${title} is “${one.text}” here and “${one.before}” in ${one.first || "the case"}; keep one of them`);
    }
    for (const { where, what, passage } of copied) add(where, `${what()} ${repeats(passage)}`);
    for (const { id, passage } of found.repeated) add(passage, `The id ${id} appears more than once`);
    if (!found.supported.has("case")) add("", "No sentence supports the case itself; choose one, and add “The case itself” below what it also supports");
    for (const [passage, tokens] of found.supports) {
      const bases = new Map(); // whether a record or a field of it is inferred from this sentence
      for (const { id, table, content } of found.under.get(passage)) {
        for (const [name, value] of Object.entries(content)) {
          const isSaid = textOf(value) && (markOf(value) ? markOf(value) !== "elsewhere" : fields[table][name]?.evidence);
          if (isSaid && !TABLES[table].parts.includes(name)) bases.set(`${id}:${name}`, markOf(value) === "inferred");
        }
      }
      for (const one of tokens) {
        if (!found.records.has(one.record)) add(passage, `Supports ${one.text}: no such record`);
        for (const name of one.fields.length ? one.fields : [""]) {
          const of = `${one.record}:${name}`;
          if ((bases.get(of) ?? one.inferred) !== one.inferred) add(passage, `Supports ${one.text}: it is said here and inferred too; choose one`);
          bases.set(of, one.inferred);
        }
      }
    }
    for (const [passage, part] of Object.entries(file.passages)) {
      if (textOf(part.coding) === "uncoded" && !textOf(part.note)) add(passage, "Uncoded: the reason is empty");
      const rests = found.under.get(passage).length + found.supports.get(passage).length;
      if (rests && ["context", "uncoded"].includes(textOf(part.coding))) {
        add(passage, `Marked as ${textOf(part.coding)}, but records rest on it`);
      }
    }
    const isAll = Object.keys(file.passages).every((passage) => statusOf(file, found, passage) !== "open"); // scope comes last
    const silent = profile.coded.filter((table) => !rows.get(table) && !["none", "not-coded"].includes(textOf(file.scope?.[table]?.extent)));
    if (isAll && silent.length) add("", `Scope: no row of ${silent.map((table) => TABLES[table].title.toLowerCase()).join(", ")}; say whether the source has none or they were not coded`);
    for (const table of profile.coded) {
      const extent = textOf(file.scope?.[table]?.extent);
      const empty = ["none", "not-coded"].includes(extent);
      if (rows.get(table) && empty) add("", `Scope: ${TABLES[table].title} has rows, but scope says ${extent}`);
    }
    return made;
  }

  // --- files ---

  function fresh() {
    return {
      case: { case_id: caseId, country: COUNTRY, coded_on: new Date().toISOString().slice(0, 10) },
      sources: { [data.source]: data.language ? { language: data.language } : {} },
      passages: Object.fromEntries(data.sentences.map(({ id }) => [id, {}])),
      coders: {},
      fingerprints: data.fingerprints,
    };
  }

  class NotCoding extends Error {}
  const refuse = (text) => {
    throw new NotCoding(text);
  };
  function mapping(value, what) {
    if (value === undefined || value === "") return {};
    return isMapping(value) ? value : refuse(`${what} must be names with values`);
  }
  function list(value, what) {
    if (value === undefined || value === "") return [];
    return Array.isArray(value) ? value : refuse(`${what} must be a list`);
  }
  function scalars(record, what) {
    for (const [name, value] of Object.entries(record)) {
      const isText = (one) => typeof one === "string";
      if (!(isText(value) || (isMapping(value) && Object.values(value).every(isText) && markOf(value)))) {
        refuse(`${what}: ${name} must be one text`);
      }
    }
    return record;
  }
  const each = (section, what, change) =>
    Object.fromEntries(Object.entries(mapping(section, what)).map(([name, one]) => [name, change(one, `${what} ${name}`)]));

  /** The content of a coding file, with what is left out made empty. */
  function parse(text) {
    let content;
    try {
      if (jsyaml.parseEvents(text).some((event) => event.type === jsyaml.EVENT_ALIAS)) refuse("it has an alias (*); write it out");
      content = jsyaml.load(text, { schema: jsyaml.FAILSAFE_SCHEMA });
    } catch (error) {
      if (error instanceof NotCoding) throw error;
      return refuse(`not YAML: ${error.message.split("\n")[0]}`);
    }
    mapping(content, "a coding file");
    const unknown = Object.keys(content).find((name) => !SECTIONS.includes(name));
    if (unknown) refuse(`no “${unknown}” belongs in a coding file`);
    const record = (one, what) => scalars(mapping(one, what), what);
    const part = (whole, what) => {
      const made = { ...mapping(whole, what) };
      for (const name of profile.coded.filter((one) => one in made)) {
        made[name] = TABLES[name].parts.length
          ? list(made[name], `${what} ${name}`).map((one) => record(one, `${what} ${name}`))
          : each(made[name], `${what} ${name}`, record);
      }
      if ("case" in made) made.case = record(made.case, `${what} case`);
      if ("supports" in made) {
        made.supports = list(made.supports, `${what} supports`);
        const odd = made.supports.find((one) => typeof one !== "string" && !isMapping(one));
        if (odd !== undefined) refuse(`${what}: supports must be a list of ids`);
      }
      return made;
    };
    const file = {
      ...content,
      case: record(content.case, "case"),
      sources: each(content.sources, "sources", record),
      passages: each(content.passages, "passages", part),
      coders: each(content.coders, "coders", record),
      fingerprints: each(content.fingerprints, "fingerprints", record),
    };
    if ("other_sources" in content) file.other_sources = each(content.other_sources, "other_sources", part);
    if ("without_passage" in content) file.without_passage = part(content.without_passage, "without_passage");
    const extent = (one, where) => record(typeof one === "string" ? { extent: one } : one, where);
    if ("scope" in content) file.scope = each(content.scope, "scope", extent);
    const name = textOf(file.case.case_id) || caseId;
    if (name !== caseId) refuse(`it is of the case ${name}; this page is for ${caseId}`);
    return { ...file, case: { case_id: caseId, ...file.case } };
  }

  /** The file with every sentence of this page, and in what it differs from the source of this page. */
  function fitted(file) {
    const theirs = file.fingerprints;
    const known = Object.keys(theirs).length > 0;
    const changed = [], added = [];
    const prints = { ...theirs };
    const passages = { ...file.passages };
    for (const [id, print] of Object.entries(data.fingerprints)) {
      if (!theirs[id]) {
        if (known) added.push(id);
        prints[id] = known ? { page: "", ...print } : print; // else it would take the page of the one before
      } else if (theirs[id].fingerprint !== print.fingerprint) {
        changed.push(id);
        prints[id] = { ...theirs[id], length: print.length, fingerprint: print.fingerprint };
      }
      passages[id] ??= {};
    }
    for (const id of Object.keys(prints)) passages[id] ??= {};
    const missing = Object.keys(passages).filter((id) => !data.fingerprints[id]);
    const order = Object.keys(known ? prints : data.fingerprints);
    const rank = (id) => (order.includes(id) ? order.indexOf(id) : order.length);
    const sorted = Object.fromEntries(Object.entries(passages).sort(([a], [b]) => rank(a) - rank(b)));
    return { file: { ...file, passages: sorted, fingerprints: prints }, changed, added, missing };
  }

  // An import fills such a field in, so an empty text in a file says that it is to stay empty; what a coder clears is null.
  const isFilledIn = (field) => Boolean(field && (field.default || field.refers === "sources" || MADE.has(field.name)));

  const filled = (value) =>
    Array.isArray(value) ? value.length > 0 : isMapping(value) ? Object.keys(value).length > 0 : Boolean(value);

  function cleanRecord(record, table) {
    const order = table ? ["case_id", ...TABLES[table].fields.map((one) => one.name)] : [];
    const rank = (name) => (order.includes(name) ? order.indexOf(name) : name === TABLES[table]?.key ? -1 : order.length);
    const trimmed = Object.entries(record)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, isMapping(value) ? each(value, "", (one) => one.trim()) : value.trim()])
      .filter(([name, value]) => textOf(value) || (value === "" && isFilledIn(fields[table]?.[name])));
    return Object.fromEntries(trimmed.sort(([a], [b]) => rank(a) - rank(b)));
  }

  /** A part with its tables in order, and without what is empty. */
  function cleanPart(part, own) {
    const made = {};
    const rest = Object.entries(part).filter(([name]) => !profile.coded.includes(name) && !["case", "supports"].includes(name));
    Object.assign(made, cleanRecord(Object.fromEntries(rest), own));
    if (part.case && filled(cleanRecord(part.case, "cases"))) made.case = cleanRecord(part.case, "cases");
    for (const name of profile.coded.filter((one) => filled(part[one]))) {
      made[name] = Array.isArray(part[name])
        ? part[name].map((one) => cleanRecord(one, name))
        : each(part[name], "", (one) => cleanRecord(one, name));
    }
    if (filled(part.supports)) made.supports = part.supports;
    return made;
  }

  /** The file as it is saved. */
  function text(file) {
    const made = {
      ...file,
      case: cleanRecord(file.case, "cases"),
      sources: each(file.sources, "", (one) => cleanRecord(one, "sources")),
      passages: each(file.passages, "", (one) => cleanPart(one)),
      coders: each(file.coders, "", (one) => cleanRecord(one, "coders")),
    };
    if (file.other_sources) made.other_sources = each(file.other_sources, "", (one) => cleanPart(one, "sources"));
    if (file.without_passage) made.without_passage = cleanPart(file.without_passage);
    if (file.scope) made.scope = each(file.scope, "", (one) => cleanRecord(one, "scope"));
    const sections = SECTIONS.filter((name) => filled(made[name]));
    return HEADING + sections.map((name) => jsyaml.dump({ [name]: made[name] }, { lineWidth: 110, noRefs: true })).join("\n");
  }

  return { data, profile, lists, caseId, TABLES, fields, MADE, MARKS, LOCAL, NotCoding, get, set, local, textOf, markOf, withText,
    withMark, token, index, isOwn, isInferred, withBasis, copies, copyIn, repeats, nameOf, singular, isMeant, idOf, statusOf, relinked, rename, remove, freeId, problemOf, problems, counts, isAsked, isFilledIn, fresh, parse,
    fitted, text };
})();
