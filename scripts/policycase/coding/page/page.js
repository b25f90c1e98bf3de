// The page: sentences at the left, what is coded of the chosen one at the right. Every change goes through `edit`.
"use strict";

(() => {
  const { render, h } = preact;
  const { useState, useRef, useEffect, useLayoutEffect } = preactHooks;
  const html = htm.bind(h);
  const { data, profile, lists, caseId, TABLES, fields, MADE, get, set, local, textOf, markOf, withText, withMark, token, singular, idOf } = Coding;
  const DRAFT = `policycase:${caseId}:${data.source_fingerprint}`;
  const FRONT = "front", PROBLEMS = "problems"; // what is at the right when it is not a sentence
  const LONG = new Set(["summary", "statement", "note", "legal_reference"]);
  const STEPS = 300; // changes that can be undone
  const PAUSE = 1500; // milliseconds after which typing on in a field is a change of its own
  const EDGE = 24; // pixels that a list keeps from the edge of the page
  const READ = 6000; // milliseconds that a notice stays
  const TRUTH = [{ code: "true", label: "Yes" }, { code: "false", label: "No" }];
  const STATUS = { coded: "Coded", context: "Context", uncoded: "Nothing to code", open: "Not coded yet" };
  const RULES = { __html: document.getElementById("rules").innerHTML };
  const texts = new Map(data.sentences.map((one) => [one.id, one]));

  // --- what the page knows ---

  const ui = { chosen: FRONT, isList: true, help: null, notice: "", dialog: null, saved: "", focus: "" };
  const auto = new Set(); // ids that still follow the name of their record
  let file = Coding.fresh(), found = Coding.index(file);
  let past = [], future = [], last = { key: "", at: 0 };

  let fading = 0;
  function show(changes = {}) {
    Object.assign(ui, changes);
    if (changes.notice) {
      clearTimeout(fading);
      fading = setTimeout(() => show({ notice: "" }), READ);
    }
    render(html`<${Page} />`, document.getElementById("page"));
    if (ui.focus) {
      const target = document.querySelector(ui.focus);
      ui.focus = "";
      if (target) {
        target.focus();
        target.closest(".card")?.scrollIntoView({ block: "nearest" });
        target.scrollIntoView({ block: "nearest" });
      }
    }
  }

  /** Take a change; typing on in one place is one step for undo. */
  function edit(made, key = "", changes = {}) {
    if (made === file) return show(changes);
    const isSame = key && key === last.key && Date.now() - last.at < PAUSE;
    if (!isSame) past = [...past.slice(-STEPS), file];
    last = { key, at: Date.now() };
    future = [];
    return put(made, changes);
  }

  function put(made, changes = {}, isKept = true) {
    file = made;
    found = Coding.index(file);
    if (isKept) keepDraft();
    show({ notice: "", ...changes });
  }

  function undo() {
    if (!past.length) return;
    future = [file, ...future];
    last = { key: "", at: 0 };
    const made = past.at(-1);
    past = past.slice(0, -1);
    put(made, { notice: "Undone" });
  }

  function redo() {
    if (!future.length) return;
    past = [...past, file];
    last = { key: "", at: 0 };
    const [made, ...rest] = future;
    future = rest;
    put(made, { notice: "Done again" });
  }

  function choose(chosen, focus = "#panel h2") {
    show({ chosen, isList: false, help: null, focus });
    document.querySelector("#panel").scrollTop = 0;
    const item = document.querySelector(".sentences [aria-current]");
    if (item) item.scrollIntoView({ block: "nearest" });
  }

  const passages = () => Object.keys(file.passages);
  const open = () => passages().filter((one) => Coding.statusOf(file, found, one) === "open");

  function step(by) {
    const all = [FRONT, ...passages()];
    const at = all.indexOf(ui.chosen) + by;
    if (all[at]) choose(all[at]);
  }

  function nextOpen() {
    const left = open(), all = passages(), at = all.indexOf(ui.chosen);
    const next = left.find((one) => all.indexOf(one) > at) ?? left[0];
    if (next) choose(next);
  }

  // --- drafts and files ---

  let waiting = 0;
  function keepDraft() {
    clearTimeout(waiting);
    waiting = setTimeout(writeDraft, 400);
  }
  function writeDraft() {
    if (asking) return keepDraft();
    if (!holds()) return standBy();
    return storeDraft();
  }
  function storeDraft() {
    clearTimeout(waiting);
    waiting = 0;
    try {
      localStorage.setItem(DRAFT, JSON.stringify({ at: new Date().toISOString(), text: Coding.text(file) }));
    } catch {
      show({ notice: "This browser keeps no draft: save the file before you close the page." });
    }
  }
  function readDraft() {
    try {
      const draft = JSON.parse(localStorage.getItem(DRAFT));
      return draft && { at: draft.at, file: Coding.fitted(Coding.parse(draft.text)).file };
    } catch {
      return null;
    }
  }

  // --- one tab at a time: two would overwrite each other's draft ---

  const [HOLDER, CALL, ANSWER] = ["holder", "call", "answer"].map((name) => `policycase-tab:${name}:${DRAFT}`);
  const SAVED = `policycase-saved:${DRAFT}`;
  const ME = `${Date.now()} ${Math.random()}`;
  const PATIENCE = 500; // milliseconds in which another tab answers
  let isHolder = false, isBegun = false, asking = 0;
  let taken = file; // what this tab had when it last took the draft up

  function kept(name, ...values) {
    try {
      if (!values.length) return localStorage.getItem(name);
      if (values[0] === null) localStorage.removeItem(name);
      else localStorage.setItem(name, values[0]);
    } catch {
      // a browser that keeps nothing has no draft to lose; writeDraft says so
    }
    return null;
  }

  /** Whether this tab may write the draft: no other one has taken the case since. */
  const holds = () => isHolder && [null, ME].includes(kept(HOLDER));

  function hold(then) {
    clearTimeout(asking);
    asking = 0;
    isHolder = true;
    kept(HOLDER, ME);
    then();
  }

  /** Take the case, unless a tab that has it answers. */
  function approach(then) {
    isHolder = false;
    if (!kept(HOLDER)) return hold(then);
    asking = setTimeout(() => hold(then), PATIENCE);
    return kept(CALL, `${ME} ${Date.now()}`);
  }

  /** Another tab has the case: this one does nothing until it is asked to go on here. */
  function standBy() {
    clearTimeout(asking);
    clearTimeout(waiting);
    [isHolder, asking, waiting] = [false, 0, 0];
    const draft = readDraft();
    const isOwn = isBegun && file !== taken && (!draft || Coding.text(draft.file) !== Coding.text(file));
    show({
      dialog: {
        title: "This case is open in another tab",
        text: ["Two tabs would overwrite each other's draft, so only one can be coded in.", "Close this tab and go on in the other one; or go on here, with what the other one has, and the other one stops."],
        actions: [["Go on here", () => hold(isBegun || !data.resume ? adopt : begin)], ...(isOwn ? [["Save what this tab has", save]] : [])],
      },
    });
  }

  /** Go on with the draft that another tab has left; undo goes back to what this tab had. */
  function adopt() {
    isBegun = true;
    const draft = readDraft();
    if (draft && Coding.text(draft.file) !== Coding.text(file)) {
      past = [...past.slice(-STEPS), file];
      put(draft.file, { dialog: null, notice: "What the other tab had is here now" }, false);
    } else show({ dialog: null });
    taken = file;
  }

  function onStorage({ key, newValue }) {
    if (key === CALL && isHolder && newValue) {
      if (waiting) writeDraft();
      kept(ANSWER, newValue);
    } else if (key === ANSWER && asking && newValue?.startsWith(ME)) standBy();
    else if (key === HOLDER && isHolder && newValue && newValue !== ME) {
      if (waiting) storeDraft(); // what was typed last; the other tab takes it up
      standBy();
    } else if (key === DRAFT && isHolder && newValue && file === taken) {
      if (ui.dialog) offerDraft();
      else adopt();
    }
  }

  /** Save, unless words of the source would be in the file: then ask first. */
  function save() {
    const copies = Coding.copies(file, found);
    if (!copies.length) return download();
    const named = [...new Set(copies.map(({ where, what, passage }) => `${where || "the case"}: ${what()} ${Coding.repeats(passage)}.`))];
    return show({
      dialog: {
        title: "The file would hold words of the source",
        text: [...named.slice(0, 5), ...(named.length > 5 ? [`${named.length - 5} more stand below what is to correct.`] : []), "A file with such words in it may not be published."],
        actions: [
          ["Correct it", () => { show({ dialog: null }); choose(copies[0].where || FRONT); }],
          ["Save all the same", () => { show({ dialog: null }); download(); }],
        ],
      },
    });
  }

  /** The name of the file: with the time once there is an older one, which the browser would not replace. */
  function fileName() {
    if (!data.resume && !kept(SAVED)) return `${caseId}.yaml`;
    const now = new Date(), two = (number) => String(number).padStart(2, "0");
    const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
    return `${caseId}-${day}-${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join("")}.yaml`;
  }

  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([Coding.text(file)], { type: "application/yaml" }));
    link.download = fileName();
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    const isFirst = link.download === `${caseId}.yaml`;
    kept(SAVED, "yes");
    show({ notice: `Saved as ${link.download} in your downloads. Then run: policycase import ${link.download}${isFirst ? "" : ` -o ${caseId} --force`}` });
  }

  const listed = (ids) => ids.slice(0, 12).join(", ") + (ids.length > 12 ? ` and ${ids.length - 12} more` : "");

  /** Open a coding file; where its sentences are others than those of this page, ask first. */
  function openText(text, name, then = null) {
    const done = () => {
      show({ dialog: null });
      if (then) then();
    };
    let fit;
    try {
      fit = Coding.fitted(Coding.parse(text));
    } catch (error) {
      if (!(error instanceof Coding.NotCoding)) throw error;
      return show({ dialog: { title: `${name} cannot be opened`, text: [error.message], actions: [["Close", done]] } });
    }
    const take = () => {
      const changes = { dialog: null, chosen: FRONT, notice: `Opened ${name}` };
      if (!then) return edit(fit.file, "", changes);
      put(fit.file, changes, false); // what a page begins with is no change, and replaces no draft
      return then();
    };
    if (!fit.changed.length && !fit.added.length && !fit.missing.length) return take();
    const differences = [
      fit.changed.length && `Other words than in this page: ${listed(fit.changed)}. What was coded there may no longer fit.`,
      fit.added.length && `Only in this page, so still to code: ${listed(fit.added)}.`,
      fit.missing.length && `Only in the file, so shown without words: ${listed(fit.missing)}.`,
    ].filter(Boolean);
    return show({
      dialog: {
        title: `${name} was coded from another copy of the source`,
        text: ["The fingerprints of its sentences differ from those of this page.", ...differences],
        actions: [["Open it all the same", take], ["Cancel", done]],
      },
    });
  }

  // --- small parts ---

  const labelOf = (field, text) =>
    (field.vocabulary ? profile.codes[field.vocabulary] : field.kind === "boolean" ? TRUTH : []).find((one) => one.code === text)?.label;

  const defined = (one) =>
    [one.definition, one.use_when && `Use when: ${one.use_when}`, one.not_when && `Not when: ${one.not_when}`].filter(Boolean).join(" ");

  function recordOptions(wanted) {
    const made = [];
    for (const record of found.records.values()) {
      if (!wanted(record)) continue;
      if (record.id === "case") made.push({ code: "case", label: "The case itself", definition: `${caseId}${textOf(file.case.title) && `: ${textOf(file.case.title)}`}` });
      else made.push({ code: record.id, label: Coding.nameOf(found, record.id), definition: `${singular(TABLES[record.table].title)}${record.home ? `, ${record.home}` : ""}` });
    }
    return made;
  }

  /** What a field of a form offers to choose from; null where one types freely. `self` is the record that it is of. */
  function optionsOf(field, record, self) {
    if (field.vocabulary) return profile.codes[field.vocabulary];
    if (field.kind === "boolean") return TRUTH;
    if (field.list === "parts") {
      const nations = lists.countries.filter((one) => one.two).map((one) => ({ ...one, code: one.two }));
      return /country/.test(textOf(record?.place_type)) ? nations : textOf(record?.place_type) ? lists.parts : [...lists.parts, ...nations];
    }
    if (field.list) return lists[field.list];
    if (field.refers === "sources") {
      return Object.entries({ ...file.sources, ...file.other_sources }).map(([code, one]) => ({ code, label: textOf(one.title) || code }));
    }
    if (field.refers) return recordOptions((one) => one.id !== self && Coding.isMeant(field, one.table));
    if (field.name === "field" && record) {
      const of = found.records.get(idOf(textOf(record.record_id)));
      return [{ code: "record", label: "The record as a whole" }, ...(of ? TABLES[of.table].fields.map((one) => ({ code: one.name, label: one.title, definition: one.description })) : [])];
    }
    return null;
  }

  /** Handlers by which a click that enters a field leaves all of its text selected, as Tab does; a further one sets the cursor. */
  const selecting = (entered) => ({
    onMouseDown: (event) => (entered.current = document.activeElement !== event.target),
    onMouseUp: (event) => {
      if (entered.current && event.target.selectionStart === event.target.selectionEnd) event.target.select();
      if (entered.current) event.preventDefault();
      entered.current = false;
    },
  });

  /** A text with a list to choose from, which opens as one types; each choice with what it means.
   *  `isFine` says of a text that is in no list whether it may stay; with `onPick`, nothing but a choice counts. */
  function Choice({ id, value, options, isFine = () => false, onText, onPick, describedby, invalid, placeholder, label }) {
    const [typed, setTyped] = useState(null); // null: nothing typed since the list was opened
    const [isOpen, setOpen] = useState(false);
    const [active, setActive] = useState(-1);
    const listRef = useRef(null);
    const entered = useRef(false); // by a click that is not over yet
    const chosen = options.find((one) => one.code === value);
    const shown = typed ?? chosen?.label ?? value;
    const words = (typed ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const exact = (text) => {
      const plain = text.trim().toLowerCase();
      const named = options.filter((one) => one.label.toLowerCase() === plain);
      return options.find((one) => one.code === text.trim()) ?? options.find((one) => one.code.toLowerCase() === plain) ?? (named.length === 1 ? named[0] : undefined);
    };
    const rank = (one) => {
      if ([one.code, one.label].some((name) => name.toLowerCase() === words.join(" "))) return -1;
      const name = `${one.label} ${one.code}`.toLowerCase();
      const meaning = `${name} ${one.definition ?? ""} ${one.use_when ?? ""}`.toLowerCase();
      if (words.every((word) => name.includes(word))) return name.startsWith(words.join(" ")) ? 0 : 1;
      return words.every((word) => meaning.includes(word)) ? 2 : 3; // 3: only what it is not
    };
    const fitsIn = (one, text) => text.toLowerCase().split(/\s+/).every((word) => `${one.label} ${one.code} ${defined(one)}`.toLowerCase().includes(word));
    const fits = (one) => fitsIn(one, words.join(" "));
    const ranked = () => options.filter(fits).map((one) => ({ one, at: rank(one) })).sort((a, b) => a.at - b.at).map(({ one }) => one);
    const fitting = words.length ? ranked() : options;
    const listedOptions = words.length && fitting.length ? fitting : options; // where nothing fits, one sees what there is
    const isNone = words.length > 0 && !fitting.length && !isFine(typed.trim());
    const close = () => {
      setOpen(false);
      setTyped(null);
      setActive(-1);
    };
    const pick = (one) => {
      close();
      (onPick ?? onText)(one.code);
    };
    const openList = () => {
      setOpen(true);
      setActive(listedOptions.findIndex((one) => one.code === value));
    };
    useLayoutEffect(() => {
      const list = listRef.current;
      if (!list) return;
      const [box, room] = [list.parentElement.getBoundingClientRect(), list.closest("#panel").getBoundingClientRect()];
      const left = Math.min(0, room.right - EDGE - box.left - list.offsetWidth); // moved so far that it does not stick out at the right
      list.style.left = `${Math.max(left, room.left + EDGE / 2 - box.left)}px`;
      list.classList.toggle("is-above", box.bottom + list.offsetHeight > room.bottom && box.top - list.offsetHeight > room.top);
    });
    useLayoutEffect(() => {
      const [list, item] = [listRef.current, listRef.current?.querySelector("[aria-selected=true]")];
      if (!item) return;
      if (item.offsetTop < list.scrollTop) list.scrollTop = item.offsetTop;
      const below = item.offsetTop + item.offsetHeight - list.clientHeight;
      if (below > list.scrollTop) list.scrollTop = below;
    }, [isOpen, active, typed]);
    const onKey = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const isMove = event.key === "ArrowDown" || event.key === "ArrowUp";
      if (isMove && !isOpen) openList();
      else if (isMove && listedOptions.length) {
        setActive((active + (event.key === "ArrowDown" ? 1 : -1) + listedOptions.length) % listedOptions.length);
      } else if (isOpen && listedOptions[active] && (event.key === "Enter" || (event.key === "Tab" && typed && !event.shiftKey))) {
        pick(listedOptions[active]);
      } else if (event.key === "Escape" && isOpen) close();
      else return;
      if (event.key !== "Tab") event.preventDefault();
    };
    const onInput = (event) => {
      const text = event.target.value;
      setTyped(text);
      setOpen(true);
      setActive(text.trim() && !isFine(text.trim()) && options.some((one) => fitsIn(one, text)) ? 0 : -1);
      if (!onPick) onText(exact(text)?.code ?? text);
    };
    const onFocus = (event) => {
      event.target.select(); // typing replaces what is chosen
      openList();
    };
    return html`<div class="choice">
      <input id=${id} type="text" role="combobox" autocomplete="off" spellcheck=${false} value=${shown} placeholder=${placeholder}
        aria-label=${label} aria-expanded=${isOpen} aria-controls=${`${id}-list`} aria-autocomplete="list" aria-describedby=${describedby}
        aria-invalid=${invalid} aria-activedescendant=${isOpen && active >= 0 ? `${id}-${active}` : undefined}
        onInput=${onInput} onKeyDown=${onKey} onFocus=${onFocus} ...${selecting(entered)} onClick=${() => isOpen || openList()} onBlur=${close} />
      ${isOpen && listedOptions.length > 0 && (!words.length || fitting.length > 0 || isNone) && html`<ul class="options" id=${`${id}-list`} role="listbox" ref=${listRef}>
        ${isNone && html`<li class="none" role="presentation">Nothing fits “${typed.trim()}”. All there is:</li>`}
        ${listedOptions.map((one, at) => html`<li key=${one.code} id=${`${id}-${at}`} role="option" aria-selected=${at === active}
          class=${one.code === value ? "is-chosen" : ""} data-code=${one.code}
          onMouseDown=${(event) => { event.preventDefault(); pick(one); }}>
          <b>${one.label}</b> ${one.label !== one.code && html`<code>${one.code}</code>`}
          ${one.definition && html`<span>${defined(one)}</span>`}
        </li>`)}
      </ul>`}
    </div>`;
  }

  /** One field of a form, with how its value rests on the sentence it stands under. */
  function Field({ path, field, record, isPart, onText, entry, passage }) {
    const value = get(file, path);
    const text = textOf(value);
    const id = path.join("/");
    const whole = entry && found.records.get(entry.id);
    const first = whole && !text ? textOf(whole.values[field.name]) : ""; // what another sentence fills in
    const conflict = text && entry && found.conflicts.find((one) => one.id === entry.id && one.name === field.name && one.passage === passage);
    const copied = text && Coding.copyIn(file, found, text);
    const problem = Coding.problemOf(text.trim(), field, found, record)
      || (conflict && `${conflict.first || "the case"} has “${conflict.before}”; keep one of them`) || (copied && Coding.repeats(copied));
    const change = (typed) => {
      const plain = typed.replace(/\s*[\r\n]+\s*/g, " ");
      const made = set(file, path, plain || !Coding.isFilledIn(field) ? withText(value ?? "", plain) : null);
      return onText ? onText(plain, made) : edit(Coding.relinked(file, made), id);
    };
    const options = optionsOf(field, record, path.at(-2));
    const isText = !options;
    const code = field.refers ? idOf(text) : text;
    const hasCode = options && !field.vocabulary && field.kind !== "boolean" && options.some((one) => one.code === code && one.label !== code);
    const isMarked = text && path[0] === "passages" && !isPart && (field.evidence || markOf(value) || field.refers || field.kind === "edtf");
    const help = () => show({ help: { field, path } });
    const given = first ? `filled in ${whole.at[field.name] || "the case"}: ${labelOf(field, first) ?? (field.refers ? Coding.nameOf(found, idOf(first)) : first)}` : value === "" && Coding.isFilledIn(field) ? "empty on purpose" : field.default ? `${labelOf(field, field.default) ?? field.default} if left empty` : "";
    const common = { id, "aria-describedby": `${id}-help`, "aria-invalid": Boolean(problem), placeholder: given };
    return html`<div class="field ${LONG.has(field.name) ? "is-long" : ""}" onFocusIn=${help} data-field=${field.name}>
      <div class="label">
        <label for=${id}>${field.title}${Coding.isAsked(field) && !first && html` <span class="asked">required</span>`}${hasCode && html` <code>${code}</code>`}</label>
        ${isMarked && html`<select class="mark" aria-label=${`${field.title}: how it rests on this sentence`} value=${markOf(value)}
          onChange=${(event) => edit(set(file, path, withMark(value, event.target.value)))}>
          <option value="">${field.evidence ? "said here" : "needs no basis"}</option>
          ${!field.evidence && html`<option value="stated">said here</option>`}
          ${field.evidence && markOf(value) === "stated" && html`<option value="stated">stated</option>`}
          <option value="inferred">inferred</option>
          ${field.evidence && html`<option value="elsewhere">rests on others</option>`}
        </select>`}
      </div>
      ${isText
        ? h(LONG.has(field.name) ? "textarea" : "input", { ...common, ...(LONG.has(field.name) ? { rows: 2 } : { type: "text" }), autocomplete: "off",
            value: text, onInput: (event) => change(event.target.value) })
        : html`<${Choice} id=${id} value=${code} options=${options} isFine=${(typed) => !Coding.problemOf(typed, field, found, record)} onText=${change}
            describedby=${`${id}-help`} invalid=${Boolean(problem)} placeholder=${given} />`}
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      <span class="unseen" id=${`${id}-help`}>${field.description}</span>
    </div>`;
  }

  /** The short id of a record: changed wherever it stands, once it is a new one. */
  function IdField({ id }) {
    const [typed, setTyped] = useState(null);
    const text = typed ?? id;
    const problem = text === id ? "" : !Coding.LOCAL.test(text) ? "not of small letters, digits and single hyphens" : found.records.has(text) ? "already taken" : "";
    const entered = useRef(false);
    const take = () => {
      setTyped(null);
      if (text === id) return;
      if (problem) return show({ notice: `The id is still ${id}: “${text}” is ${problem}` });
      auto.delete(id);
      edit(Coding.rename(file, id, text));
    };
    return html`<label class="id"><span>id</span>
      <input type="text" value=${text} spellcheck=${false} autocomplete="off" aria-invalid=${Boolean(problem)} size=${Math.max(text.length, 6)}
        onFocus=${(event) => event.target.select()} ...${selecting(entered)} onInput=${(event) => setTyped(event.target.value)} onBlur=${take}
        onKeyDown=${(event) => event.key === "Enter" && take()} />
      ${problem && html`<span class="problem" role="alert">${problem}</span>`}
    </label>`;
  }

  // --- the right side: a sentence ---

  function Card({ entry, passage }) {
    const { id, table: name, path, content, isHome } = entry;
    const table = TABLES[name];
    const isLink = table.parts.length > 0;
    const isCase = name === "cases";
    const home = found.records.get(id)?.home;
    const isShown = (field) => (!MADE.has(field.name) && field.refers !== "sources") || textOf(content[field.name]);
    const isMain = (field) => table.parts.includes(field.name) || Coding.isAsked(field) || field.evidence || field.at_once || field.name === "name" || field.name === "program_id";
    const all = table.fields.filter(isShown);
    const main = isCase ? all.filter((one) => one.evidence || one.name in content) : isHome ? all.filter(isMain) : all.filter((one) => one.name in content);
    const more = isCase || !isHome ? [] : all.filter((one) => !isMain(one));
    const filled = more.filter((one) => textOf(content[one.name])).length;
    const onText = (field) => (text, made) => {
      const key = `${passage}/${name}/${field.name}`;
      const isName = field.name === "name" || (field.name === "statement" && !fields[name].name);
      if (!isName || !auto.has(id)) return edit(Coding.relinked(file, made), [...path, field.name].join("/"));
      const others = Coding.index(made);
      others.records.delete(id);
      const next = Coding.freeId(others, name, text);
      auto.delete(id);
      auto.add(next);
      return edit(Coding.rename(made, id, next), key);
    };
    const removeAll = () => edit(isCase ? set(file, path, undefined) : isHome ? Coding.remove(file, id) : Coding.relinked(file, set(file, path, undefined)), "", { focus: "#panel h2" });
    const field = (one) => html`<${Field} key=${one.name} path=${[...path, one.name]} field=${one} record=${content}
      isPart=${table.parts.includes(one.name)} onText=${onText(one)} entry=${entry} passage=${passage} />`;
    return html`<article class="card" data-record=${id} data-table=${name} aria-label=${`${singular(table.title)}: ${Coding.nameOf(found, id)}`}>
      <header>
        <h4><span class="kind">${singular(table.title)}</span> ${isCase ? "what this sentence says of its time" : isLink || !isHome ? Coding.nameOf(found, id) : ""}</h4>
        ${isHome && !isLink && !isCase && html`<${IdField} id=${id} />`}
        <span class="acts">${isHome && !isCase && html`<select class="mark" aria-label="How the record rests on this sentence" value=${Coding.isInferred(found, entry, passage) ? "inferred" : ""}
          onChange=${(event) => edit(Coding.withBasis(file, entry, passage, Boolean(event.target.value)))}>
          <option value="">said here</option><option value="inferred">inferred</option>
        </select>`}
        ${!isHome && !isCase && html`<button type="button" class="plain" onClick=${() => choose(home || FRONT)}>first ${home ? `in ${home}` : "below other sources"}</button>`}
        <button type="button" class="plain remove" onClick=${removeAll}
          aria-label=${`Remove ${Coding.nameOf(found, id)}`}>Remove</button></span>
      </header>
      <div class="fields">${main.map(field)}</div>
      ${more.length > 0 && html`<details open=${filled > 0}><summary>More fields${filled ? ` (${filled} filled)` : ""}</summary>
        <div class="fields">${more.map(field)}</div></details>`}
    </article>`;
  }

  function add(passage, name) {
    const table = TABLES[name];
    const place = ["passages", passage, name === "cases" ? "case" : name];
    const card = (id) => `[data-record="${id}"][data-table="${name}"] .field input`;
    if (name === "cases") return edit(set(file, place, get(file, place) ?? {}), "", { focus: card("case") });
    if (!table.parts.length) {
      const id = Coding.freeId(found, name, "");
      auto.add(id);
      return edit(set(file, [...place, id], {}), "", { focus: card(id) });
    }
    const here = found.under.get(passage).filter((one) => one.isHome);
    const all = [...found.records.values()].filter((one) => one.table === "programs");
    const row = {};
    for (const part of table.parts) {
      const { refers } = fields[name][part];
      const near = here.filter((one) => one.table === refers);
      const [only, ...more] = near.length || refers !== "programs" ? near : all; // where there is one program, a link is of it
      if (only && !more.length && !Object.values(row).includes(only.id)) row[part] = only.id;
    }
    const rows = get(file, place) ?? [];
    const first = TABLES[name].fields.find((one) => !row[one.name] && !MADE.has(one.name) && one.refers !== "sources");
    return edit(Coding.relinked(file, set(file, [...place, rows.length], row)), "", { focus: `[id="${[...place, rows.length, first.name].join("/")}"]` });
  }

  function AddBar({ passage }) {
    const others = profile.coded.filter((name) => !profile.entry.includes(name));
    const kinds = [
      ...others.map((name) => ({ code: name, label: singular(TABLES[name].title), definition: TABLES[name].description })),
      { code: "cases", label: "The case: its start or end", definition: "When the subject of the case began or ended, if this sentence says so." },
    ];
    return html`<div class="add" role="group" aria-label="Add a record">
      ${profile.entry.map((name) => html`<button type="button" key=${name} data-add=${name} title=${TABLES[name].description} onClick=${() => add(passage, name)}>
        + ${singular(TABLES[name].title)}</button>`)}
      <${Choice} id="add-other" value="" label="Add another kind of record" placeholder="+ Other kinds…" options=${kinds} onPick=${(name) => add(passage, name)} />
    </div>`;
  }

  /** What a sentence supports of records that stand first under another one; or a field that it adds to them. */
  function Supports({ passage }) {
    const [draft, setDraft] = useState({ record: "", field: "", inferred: false });
    const path = ["passages", passage, "supports"];
    const tokens = found.supports.get(passage) ?? [];
    const record = found.records.get(idOf(draft.record));
    const table = record && TABLES[record.table];
    const all = passages();
    const isLater = record && record.home && all.indexOf(record.home) >= all.indexOf(passage);
    const able = table ? table.fields.filter((one) => !table.parts.includes(one.name) && !MADE.has(one.name) && one.refers !== "sources") : [];
    const filled = able.filter((one) => textOf(record.values[one.name]));
    const empty = isLater || !record ? [] : able.filter((one) => !textOf(record.values[one.name]) && (one.name in fields[record.table]));
    const take = (event) => {
      event.preventDefault();
      if (!record) return;
      setDraft({ record: "", field: "", inferred: false });
      if (!draft.field.startsWith("+")) {
        const made = token(record.id, draft.field, draft.inferred);
        if (tokens.some((one) => one.text === made)) return show({ notice: "This is said already" });
        return edit(set(file, [...path, tokens.length], made));
      }
      const name = draft.field.slice(1);
      const value = draft.inferred ? { inferred: "" } : null;
      const place = ["passages", passage, record.table === "cases" ? "case" : record.table];
      const entry = found.under.get(passage).find((one) => one.id === record.id);
      const at = entry ? entry.path : table.parts.length ? [...place, (get(file, place) ?? []).length] : record.id === "case" ? place : [...place, record.id];
      const key = table.parts.length && !entry ? set({ [table.key]: record.id }, [name], value) : null;
      const made = key ? set(file, at, key) : set(file, [...at, name], value);
      return edit(made, "", { focus: `[data-record="${record.id}"] [data-field="${name}"] input, [data-record="${record.id}"] [data-field="${name}"] textarea` });
    };
    const flip = (one, at) => {
      const text = token(one.record, one.fields.join(", "), !one.inferred);
      edit(set(file, [...path, at], one.note ? { [text]: one.note } : text));
    };
    return html`<section class="supports" aria-labelledby="supports-title">
      <h3 id="supports-title">It also supports</h3>
      ${tokens.some((one) => !Coding.isOwn(found, passage, one)) && html`<ul>${tokens.map((one, at) => !Coding.isOwn(found, passage, one) && html`<li key=${`${at}${one.text}`}>
        <span>${found.records.has(one.record) ? Coding.nameOf(found, one.record) : one.text}${one.fields.length > 0 && html`: <i>${one.fields.join(", ")}</i>`}
          ${!found.records.has(one.record) && html` <span class="problem">no such record</span>`}${one.note && html` <small>${one.note}</small>`}</span>
        <label><input type="checkbox" checked=${one.inferred} onChange=${() => flip(one, at)} /> inferred</label>
        <button type="button" class="plain remove" onClick=${() => edit(set(file, [...path, at], undefined))} aria-label=${`Remove ${one.text}`}>Remove</button>
      </li>`)}</ul>`}
      <form class="support" onSubmit=${take}>
        <label for="support-record">A record that is already coded</label>
        <${Choice} id="support-record" value=${draft.record} isFine=${(typed) => found.records.has(idOf(typed))} placeholder="type its name or id"
          options=${recordOptions((one) => one.home !== passage)} onText=${(text) => setDraft({ ...draft, record: text, field: "" })} />
        <select aria-label="What of it" value=${draft.field} onChange=${(event) => setDraft({ ...draft, field: event.target.value })} disabled=${!record}>
          <option value="">the record as a whole</option>
          ${filled.length > 0 && html`<optgroup label="supports its">${filled.map((one) => html`<option value=${one.name}>${one.title}: ${textOf(record.values[one.name]).slice(0, 40)}</option>`)}</optgroup>`}
          ${empty.length > 0 && html`<optgroup label="says its">${empty.map((one) => html`<option value=${`+${one.name}`}>${one.title}, not filled yet</option>`)}</optgroup>`}
        </select>
        <label class="inline"><input type="checkbox" checked=${draft.inferred} onChange=${(event) => setDraft({ ...draft, inferred: event.target.checked })} /> inferred</label>
        <button type="submit" disabled=${!record}>${draft.field.startsWith("+") ? "Fill in here" : "Add support"}</button>
      </form>
    </section>`;
  }

  function Sentence({ passage }) {
    const part = file.passages[passage];
    const entries = found.under.get(passage) ?? [];
    const status = Coding.statusOf(file, found, passage);
    const isOut = status === "context" || status === "uncoded";
    const setCoding = (coding) => {
      let made = set(file, ["passages", passage, "coding"], coding || undefined);
      if (!coding && !entries.length) made = set(made, ["passages", passage, "note"], undefined); // it would say uncoded
      edit(made, "", coding ? { focus: "#reason" } : {});
    };
    const radio = (value, label, hint) => html`<label title=${hint}><input type="radio" name="coding" value=${value} checked=${isOut ? status === value : !value}
      onChange=${() => setCoding(value)} /> ${label}</label>`;
    const meaning = (code) => profile.coding.find((one) => one.code === code)?.definition;
    return html`<div>
      <div class="where">
        <h2 tabindex="-1"><code>${passage}</code> <span class="badge ${status}">${STATUS[status]}</span></h2>
        <span class="steps"><button type="button" onClick=${() => step(-1)} aria-label="Sentence before">↑</button>
        <button type="button" onClick=${() => step(1)} aria-label="Next sentence">↓</button></span>
      </div>
      <blockquote>${texts.get(passage)?.text ?? "The words of this sentence are not in this page."}</blockquote>
      <fieldset class="coding"><legend>What it is</legend>
        ${radio("", "To code", meaning("coded"))}${radio("context", "Context", meaning("context"))}${radio("uncoded", "Nothing to code", meaning("uncoded"))}
        ${(isOut || part.note !== undefined) && html`<div class="reason"><label for="reason">${status === "uncoded" ? "Why" : "Note"}${status === "uncoded" && html` <span class="asked">required</span>`}</label>
          <input id="reason" type="text" value=${textOf(part.note)} onInput=${(event) => edit(set(file, ["passages", passage, "note"], event.target.value), `${passage}/note`)} /></div>`}
      </fieldset>
      ${(!isOut || entries.length > 0) && html`<h3>What it says</h3>
      ${entries.length === 0 && html`<p class="hint">Add what this sentence says. A record is under the first sentence that says it.</p>`}
      ${entries.map((entry, at) => html`<${Card} key=${`${passage}${entry.table}${at}`} entry=${entry} passage=${passage} />`)}
      <${AddBar} passage=${passage} />
      <${Supports} key=${passage} passage=${passage} />`}
    </div>`;
  }

  // --- the right side: the case ---

  function Rows({ section, table, title, none }) {
    const rows = Object.entries(file[section] ?? {});
    return html`<section aria-label=${title}><h3>${title}</h3>
      ${rows.length === 0 && html`<p class="hint">${none}</p>`}
      ${rows.map(([id, row]) => html`<article class="card" key=${id} data-record=${id} data-table=${table}>
        <header><h4><span class="kind">${singular(TABLES[table].title)}</span> <code>${id}</code></h4>
          ${section === "coders" && html`<button type="button" class="plain remove" onClick=${() => edit(set(file, [section, id], undefined))}>Remove</button>`}</header>
        <div class="fields">${TABLES[table].fields.filter((one) => !MADE.has(one.name) || textOf(row[one.name])).map((one) => html`<${Field} key=${one.name} path=${[section, id, one.name]} field=${one} record=${row} />`)}</div>
      </article>`)}
    </section>`;
  }

  function addCoder() {
    let number = 1;
    while (file.coders[`coder-${number}`]) number += 1;
    const id = `coder-${number}`;
    edit(set(file, ["coders", id], { coder_type: "person", role: number === 1 ? "first" : "second", coded_on: new Date().toISOString().slice(0, 10) }), "",
      { focus: `[data-record="${id}"] [data-field="name"] input` });
  }

  function Scope() {
    const counts = Coding.counts(found);
    const empty = profile.coded.filter((name) => !counts.get(name) && !textOf(file.scope?.[name]?.extent));
    const some = profile.coded.filter((name) => counts.get(name) && !textOf(file.scope?.[name]?.extent));
    const all = (names, extent) => () => edit(names.reduce((made, name) => set(made, ["scope", name, "extent"], extent), file));
    return html`<section aria-label="Scope"><h3>Scope</h3>
      <p class="hint">${TABLES.scope.description}</p>
      ${empty.length > 0 && html`<p class="row">Kinds without a row (${empty.length}): <button type="button" data-scope="none" onClick=${all(empty, "none")}>the source has none</button>
        <button type="button" data-scope="not-coded" onClick=${all(empty, "not-coded")}>not coded</button></p>`}
      ${some.length > 0 && html`<p class="row">Kinds with rows (${some.length}): <button type="button" data-scope="complete" onClick=${all(some, "complete")}>all that the sentences say is coded</button></p>`}
      <div class="scroll"><table><thead><tr><th scope="col">Kind</th><th scope="col">Rows</th><th scope="col">Extent</th><th scope="col">Note</th></tr></thead>
      <tbody>${profile.coded.map((name) => html`<tr key=${name}><th scope="row">${TABLES[name].title}</th><td>${counts.get(name) ?? 0}</td>
        <td><select aria-label=${`Extent of ${TABLES[name].title}`} value=${textOf(file.scope?.[name]?.extent)} onChange=${(event) => edit(set(file, ["scope", name], event.target.value ? { ...file.scope?.[name], extent: event.target.value } : undefined))}>
          <option value=""></option>${profile.codes.extent.map((one) => html`<option value=${one.code} title=${defined(one)}>${one.label}</option>`)}</select></td>
        <td><input type="text" aria-label=${`Note on ${TABLES[name].title}`} value=${textOf(file.scope?.[name]?.note)} disabled=${!file.scope?.[name]} onInput=${(event) => edit(set(file, ["scope", name, "note"], event.target.value), `scope/${name}`)} /></td></tr>`)}
      </tbody></table></div>
    </section>`;
  }

  function Front() {
    const others = Object.values(file.other_sources ?? {});
    const rows = others.reduce((sum, one) => sum + ["claims", "figures"].reduce((of, name) => of + Object.keys(one[name] ?? {}).length, 0), 0);
    const loose = Object.values(file.without_passage ?? {}).reduce((sum, one) => sum + Object.keys(one).length, 0);
    const said = TABLES.cases.fields.filter((one) => one.evidence && textOf(found.records.get("case").values[one.name]));
    return html`<div>
      <h2 tabindex="-1">The case <code>${caseId}</code></h2>
      <section aria-label="The case"><div class="card" data-record="case" data-table="cases"><div class="fields">
        ${TABLES.cases.fields.filter((one) => !MADE.has(one.name) && (!one.evidence || textOf(file.case[one.name]))).map((one) => html`<${Field} key=${one.name} path=${["case", one.name]} field=${one} record=${file.case} />`)}
      </div>
      <p class="hint">${said.map((one) => `${one.title}: ${textOf(found.records.get("case").values[one.name])}. `)}Start and end of the case are under the sentence that says them.</p></div></section>
      <${Rows} section="sources" table="sources" title="The source" none="No source." />
      ${others.length + loose > 0 && html`<p class="hint kept">Kept as they are, without a form here: ${others.length} other sources with ${rows} claims and figures; ${loose} records without a sentence.</p>`}
      <${Rows} section="coders" table="coders" title="Coders" none="Name who codes: yourself, for a start." />
      <p><button type="button" data-add="coders" onClick=${addCoder}>+ Coder</button></p>
      <${Scope} />
      <section class="about" aria-label="Coding rules"><h3>Coding rules</h3>
        <p>What is a program, who is an agency, which role, how a date is written: the rules of CODING.md.</p>
        <details class="rules"><summary>Show the rules</summary><div dangerouslySetInnerHTML=${RULES} /></details>
      </section>
      <section class="about" aria-label="About this page"><h3>About this page</h3>
        <p>Everything stays in this browser. <b>Save</b> puts the coding file ${caseId}.yaml into your downloads; <code>policycase import ${caseId}.yaml</code> makes the tables of it. A file that you save later has the time in its name; take it with <code>policycase import FILE -o ${caseId} --force</code>, which replaces the tables. A draft is kept here meanwhile and offered when you open this page again.</p>
        <p>Keys: <kbd>Alt</kbd> <kbd>↓</kbd> and <kbd>Alt</kbd> <kbd>↑</kbd> next sentence and the one before; <kbd>Alt</kbd> <kbd>N</kbd> the next that is left; <kbd>Ctrl</kbd> <kbd>S</kbd> save; <kbd>Ctrl</kbd> <kbd>Z</kbd> undo; <kbd>Ctrl</kbd> <kbd>Y</kbd> redo. <kbd>Tab</kbd> goes through everything; in a list <kbd>↓</kbd> and <kbd>Enter</kbd> choose.</p>
        <details><summary>Licenses of the libraries in this page</summary><pre>${document.getElementById("licenses").content.textContent}</pre></details>
      </section>
    </div>`;
  }

  function Problems({ problems }) {
    return html`<div><h2 tabindex="-1">To correct (${problems.length})</h2>
      ${problems.length === 0 && html`<p>Nothing. <code>policycase validate</code> has the last word.</p>`}
      <ul class="problems">${problems.map((one, at) => html`<li key=${at}><button type="button" class="plain" onClick=${() => choose(one.where || FRONT)}>
        <code>${one.where || "case"}</code> ${one.text}</button></li>`)}</ul></div>`;
  }

  // --- the left side, the head, the whole ---

  const only = { programs: false }; // whether there is but one program

  class Item extends preact.Component {
    shouldComponentUpdate(next) {
      return ["status", "isChosen", "chips", "problems"].some((name) => next[name] !== this.props[name]);
    }
    render({ id, text, status, isChosen, chips, problems }) {
      return html`<li><button type="button" class="sentence ${status}" data-passage=${id} aria-current=${isChosen ? "true" : undefined} onClick=${() => choose(id)}>
        <span class="meta"><code>${id}</code> <span class="badge ${status}">${STATUS[status]}</span>${problems > 0 && html` <span class="badge wrong">${problems} to correct</span>`}</span>
        <span class="words">${text}</span>
        ${chips && html`<span class="chips">${chips.split("\n").map((one) => html`<span>${one}</span>`)}</span>`}
      </button></li>`;
    }
  }

  /** A link without the parts that its neighbors share: those, and the only program there is, tell nothing apart. */
  function linkName(one, here) {
    const { parts, title } = TABLES[one.table];
    const valueOf = (entry, part) => local(textOf(found.records.get(entry.id).values[part]));
    const alike = here.filter((other) => other.table === one.table);
    let shown = parts.filter((part) => !(fields[one.table][part].refers === "programs" && only.programs));
    while (shown.length > 2 && alike.length > 1 && alike.every((other) => valueOf(other, shown[0]) === valueOf(one, shown[0]))) shown = shown.slice(1);
    const name = Coding.nameOf(found, one.id, shown);
    return shown.length > 1 ? name : `${singular(title)}: ${name}`;
  }

  function chipsOf(passage) {
    const entries = found.under.get(passage) ?? [];
    const here = entries.map((one) => (one.isHome ? "" : "+ ") + (TABLES[one.table].parts.length ? linkName(one, entries) : Coding.nameOf(found, one.id))
      + (one.isHome && one.id !== "case" && Coding.isInferred(found, one, passage) ? " (inferred)" : ""));
    const more = (found.supports.get(passage) ?? []).filter((one) => !Coding.isOwn(found, passage, one)).map((one) => `↗ ${Coding.nameOf(found, one.record)}${one.fields.length ? `: ${one.fields.join(", ")}` : ""}${one.inferred ? " (inferred)" : ""}`);
    const all = [...here, ...more].map((one) => (one.length > 42 ? `${one.slice(0, 40)}…` : one));
    return (all.length > 7 ? [...all.slice(0, 6), `${all.length - 6} more`] : all).join("\n");
  }

  function List({ counts }) {
    const move = (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!by || event.altKey) return;
      const all = [...event.currentTarget.querySelectorAll("button")];
      all[all.indexOf(document.activeElement) + by]?.focus();
      event.preventDefault();
    };
    only.programs = [...found.records.values()].filter((one) => one.table === "programs").length === 1;
    return html`<nav class="sentences" aria-label="Sentences" onKeyDown=${move}>
      <button type="button" class="sentence front" aria-current=${ui.chosen === FRONT ? "true" : undefined} onClick=${() => choose(FRONT)}>
        <span class="words"><b>The case, its source, coders and scope</b></span>
        ${(counts.get("") ?? 0) > 0 && html`<span class="badge wrong">${counts.get("")} to correct</span>`}</button>
      <ol>${passages().map((id) => html`<${Item} key=${id} id=${id} text=${texts.get(id)?.text ?? "(words not in this page)"} status=${Coding.statusOf(file, found, id)}
        isChosen=${ui.chosen === id} chips=${chipsOf(id)} problems=${counts.get(id) ?? 0} />`)}</ol>
    </nav>`;
  }

  function Head({ problems, left, total, hasCopies }) {
    const opener = useRef(null);
    const onFile = async (event) => {
      const [one] = event.target.files;
      if (one) openText(await one.text(), one.name);
      event.target.value = "";
    };
    return html`<header class="head">
      <p class="warning"><b>For you alone:</b> this page holds the text of the source and is not for publication. ${hasCopies ? "Words of it stand in what you coded; see what is to correct." : "The file it saves holds none of it."}</p>
      <div class="bar">
        <h1>Code <code>${caseId}</code></h1>
        <div class="tools">
          <button type="button" class="to-list" onClick=${() => show({ isList: !ui.isList })}>${ui.isList ? "Show form" : "Sentences"}</button>
          <button type="button" data-do="undo" disabled=${!past.length} onClick=${undo}>Undo</button>
          <button type="button" data-do="redo" disabled=${!future.length} onClick=${redo}>Redo</button>
          <button type="button" data-do="open" onClick=${() => opener.current.click()}>Open…</button>
          <input ref=${opener} id="file" class="unseen" type="file" accept=".yaml,.yml,.json" tabindex="-1" aria-label="A coding file to open" onChange=${onFile} />
          <button type="button" data-do="save" class="first" onClick=${save}>Save</button>
        </div>
      </div>
      <div class="left" role="group" aria-label="What is left">
        <progress max=${total} value=${total - left.length} aria-label="Sentences accounted for"></progress>
        <span class="count">${left.length ? `${left.length} of ${total} sentences left:` : `All ${total} sentences accounted for`}</span>
        <span class="strip">${left.map((id) => html`<button type="button" class="plain" key=${id} data-left=${id} onClick=${() => choose(id)}>${id}</button>`)}</span>
        <button type="button" class="plain correct" data-do="problems" onClick=${() => choose(PROBLEMS)}>${problems.length ? `${problems.length} to correct` : "nothing to correct"}</button>
      </div>
    </header>`;
  }

  function Help() {
    const { field, path } = ui.help ?? {};
    const text = field ? textOf(get(file, path)) : "";
    const code = field?.vocabulary && profile.codes[field.vocabulary].find((one) => one.code === text);
    return html`<aside class="help" aria-hidden="true">${field
      ? html`<p><b>${field.title}.</b> ${field.description}</p>${code && html`<p><b>${code.label}:</b> ${defined(code)}</p>`}
        ${field.kind === "edtf" && html`<p>A date such as ${profile.kinds.edtf.expected}.</p>`}`
      : html`<p>What a field means is said here while you are in it.</p>`}</aside>`;
  }

  function Dialog() {
    const box = useRef(null);
    const asked = ui.dialog;
    useEffect(() => {
      if (asked && !box.current.open) box.current.showModal();
      if (!asked && box.current.open) box.current.close();
    }, [asked]);
    return html`<dialog ref=${box} aria-labelledby="asked" onCancel=${(event) => event.preventDefault()}>
      ${asked && html`<h2 id="asked">${asked.title}</h2>${asked.text.map((one) => html`<p>${one}</p>`)}
        <p class="row">${asked.actions.map(([label, act], at) => html`<button type="button" class=${at ? "" : "first"} onClick=${act}>${label}</button>`)}</p>`}
    </dialog>`;
  }

  function Page() {
    const copies = Coding.copies(file, found);
    const problems = Coding.problems(file, found, copies);
    const counts = new Map();
    for (const one of problems) counts.set(one.where, (counts.get(one.where) ?? 0) + 1);
    const inside = ui.chosen === FRONT ? html`<${Front} />` : ui.chosen === PROBLEMS ? html`<${Problems} problems=${problems} />`
      : file.passages[ui.chosen] ? html`<${Sentence} passage=${ui.chosen} />` : html`<${Front} />`;
    return html`<div class="page ${ui.isList ? "is-list" : "is-form"}">
      <${Head} problems=${problems} hasCopies=${copies.length > 0} left=${open()} total=${passages().length} />
      <p class="notice" role="status">${ui.notice}</p>
      <main>
        <${List} counts=${counts} />
        <div class="right"><div id="panel">${inside}</div><${Help} /></div>
      </main>
      <${Dialog} />
    </div>`;
  }

  document.addEventListener("keydown", (event) => {
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey;
    const act = isCommand
      ? { s: save, z: event.shiftKey ? redo : undo, y: redo }[event.key.toLowerCase()]
      : event.altKey && !event.ctrlKey && { ArrowDown: () => step(1), ArrowUp: () => step(-1), KeyN: nextOpen }[event.code];
    if (!act || ui.dialog) return;
    event.preventDefault();
    act();
  });
  addEventListener("pagehide", () => waiting && writeDraft());
  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && waiting && writeDraft());
  addEventListener("storage", onStorage);
  addEventListener("pagehide", () => holds() && kept(HOLDER, null));
  addEventListener("pageshow", (event) => event.persisted && approach(() => isBegun && adopt()));

  /** Offer the draft that an earlier visit has left, if it says more than the page does now. */
  function offerDraft() {
    const draft = readDraft();
    taken = file;
    if (!draft || Coding.text(draft.file) === Coding.text(file)) return show({ dialog: null });
    return show({
      dialog: {
        title: "Continue where you left off?",
        text: [`This browser has a draft of ${new Date(draft.at).toLocaleString()}. If you begin without it, your first change replaces it.`],
        actions: [
          ["Continue with the draft", () => put(draft.file, { dialog: null, notice: "The draft is back" })],
          ["Begin without it", () => show({ dialog: null })],
        ],
      },
    });
  }

  function begin() {
    isBegun = true;
    if (data.resume) openText(data.resume, "the coding file", offerDraft);
    else offerDraft();
  }

  show();
  approach(begin);
})();
