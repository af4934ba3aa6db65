// A question that somebody must answer before anything is done.
import { button, make } from "./dom.js";

// Shows a dialog with a question; resolves to the names of the ticked choices, or to null if it was closed.
export function ask(question, verb, { details = [], choices = {} } = {}) {
  return new Promise((resolve) => {
    const boxes = Object.entries(choices).map(([name, label]) => {
      const box = make("input", "", { type: "checkbox", name });
      return { name, box, node: make("label", [box, make("span", ` ${label}`)]) };
    });
    const answer = (chosen) => {
      node.remove();
      resolve(chosen);
    };
    const agree = () => answer(boxes.filter(({ box }) => box.checked).map(({ name }) => name));
    const back = button("Not now", () => answer(null), { autofocus: true });
    const node = make("dialog", [
      make("h2", question), ...details.map((one) => make("p", one)), ...boxes.map((one) => one.node),
      make("div", [back, button(verb, agree, { class: "danger" })], { class: "row" }),
    ], { "aria-label": question });
    node.addEventListener("cancel", () => answer(null));
    document.body.append(node);
    node.showModal();
  });
}
