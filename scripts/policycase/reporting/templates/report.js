"use strict";
(() => {
  const box = document.querySelector(".filter");
  const words = document.getElementById("words");
  const shown = document.getElementById("shown");
  const cards = [...document.querySelectorAll("#records .card")].map((card) => [card, card.textContent.toLowerCase()]);
  const groups = [...document.querySelectorAll("#records .group")];
  const open = groups.map((group) => group.open);
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const [card, text] of cards) {
      card.hidden = !wanted.every((word) => text.includes(word));
      count += !card.hidden;
    }
    groups.forEach((group, number) => {
      const some = group.querySelector(".card:not([hidden])");
      group.hidden = wanted.length > 0 && !some;
      group.open = wanted.length > 0 ? Boolean(some) : open[number];
    });
    shown.textContent = wanted.length ? `${count} of ${cards.length} records` : "";
  };
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let part = target; part; part = part.parentElement) {
      part.hidden = false;
      if (part.tagName === "DETAILS") part.open = true;
    }
    target.scrollIntoView();
  };
  box.hidden = false;
  words.addEventListener("input", filter);
  addEventListener("hashchange", reveal);
  reveal();
})();
