"use strict";
// What the report can do with JavaScript: read out the numbers at a step, and draw another parameter strong.
(() => {
  const raised = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

  function figure(value, digits) {
    if (value === null || value === undefined) return "–";
    if (typeof value === "string") return value;
    if (value === 0) return "0";
    const [mantissa, exponent] = Math.abs(value).toExponential(digits - 1).split("e");
    const sign = value < 0 ? "−" : "", size = Number(exponent);
    if (size >= -3 && size < 6) {
      const decimals = Math.max(0, digits - 1 - size);
      const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
      return sign + Math.abs(value).toLocaleString("en", options);
    }
    return `${sign}${mantissa}\u00a0×\u00a010${[...String(size)].map((digit) => raised[digit]).join("")}`;
  }

  function nearest(steps, step) {
    let low = 0, high = steps.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (steps[middle] <= step) low = middle; else high = middle;
    }
    return steps[high] - step < step - steps[low] ? high : low;
  }

  const charts = [];
  for (const element of document.querySelectorAll(".chart")) {
    const source = element.querySelector('script[type="application/json"]');
    if (!source) continue;
    const { steps, sets } = JSON.parse(source.textContent);
    const plot = element.querySelector(".plot"), cross = plot.querySelector(".cross");
    const reader = document.createElement("div");
    reader.className = "reader";
    reader.style.setProperty("--left", element.querySelector(".axes").style.getPropertyValue("--left"));
    const slider = document.createElement("input");
    const known = (index) => sets[0].every((line) => line.values[index] !== null);
    let last = steps.length - 1;
    while (last > 0 && !known(last)) last--;
    Object.assign(slider, { type: "range", min: 0, max: steps.length - 1, value: last || steps.length - 1 });
    slider.setAttribute("aria-label", `Step to read out: ${plot.querySelector("title").textContent}`);
    const read = document.createElement("div");
    read.className = "read";
    if (steps.length > 1) reader.append(slider);
    reader.append(read);
    element.append(reader);

    const chart = { element, chosen: 0, show };
    function show(index, pointed) {
      slider.value = index;
      const span = steps[steps.length - 1] - steps[0];
      const x = span ? (1000 * (steps[index] - steps[0])) / span : 500;
      cross.setAttribute("d", `M${x} 0V${plot.viewBox.baseVal.height}`);
      if (pointed) cross.removeAttribute("hidden");
      const label = document.createElement("b");
      label.textContent = `step ${steps[index].toLocaleString("en")}`;
      read.replaceChildren(label);
      const words = [label.textContent];
      for (const line of sets[chart.chosen]) {
        const item = document.createElement("span");
        item.className = "item";
        const swatch = document.createElementNS(plot.namespaceURI, "svg");
        const mark = document.createElementNS(plot.namespaceURI, line.css === "band" ? "rect" : "path");
        swatch.setAttribute("class", "swatch");
        swatch.setAttribute("viewBox", "0 0 28 12");
        swatch.setAttribute("aria-hidden", "true");
        mark.setAttribute("class", line.css);
        if (line.css === "band") for (const [key, value] of [["y", 1], ["width", 28], ["height", 10]]) mark.setAttribute(key, value);
        else mark.setAttribute("d", "M2 6H26");
        swatch.append(mark);
        const text = `${line.name} ${figure(line.values[index], line.digits)}`;
        item.append(swatch, text);
        read.append(item);
        words.push(text);
      }
      slider.setAttribute("aria-valuetext", words.join(", "));
    }
    chart.refresh = () => show(Number(slider.value), false);
    slider.addEventListener("input", () => show(Number(slider.value), true));
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      show(nearest(steps, steps[0] + part * (steps[steps.length - 1] - steps[0])), true);
    });
    charts.push(chart);
  }

  const choice = document.getElementById("parameter");
  function choose(index) {
    choice.value = index;
    const name = choice.options[index].text;
    for (const chart of charts) {
      const groups = [...chart.element.querySelectorAll(".parameter")], cross = chart.element.querySelector(".cross");
      if (!groups.length) continue;
      for (const group of groups) {
        const now = group.dataset.index === String(index);
        group.classList.toggle("chosen", now);
        if (now && group.querySelector(".line")) cross.before(group); // on top of the other lines
      }
      const heading = chart.element.querySelector("h3");
      heading.textContent = `${heading.textContent.split(":")[0]}: ${name}`;
      chart.chosen = index;
      chart.refresh();
    }
  }
  if (choice) {
    choice.closest(".controls").hidden = false;
    choice.addEventListener("change", () => choose(Number(choice.value)));
    for (const name of document.querySelectorAll(".parameters .name")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name.textContent;
      button.setAttribute("aria-label", `Draw ${name.textContent} strong`);
      button.addEventListener("click", () => {
        choose(Number(name.dataset.index));
        choice.closest("section").scrollIntoView({ block: "start" });
      });
      name.replaceChildren(button);
    }
    choose(Number(choice.value));
  }
  for (const chart of charts) chart.refresh();
})();
