import { make, icon, setText } from './dom.js';

/** A box for something that has to be said: hidden while there is nothing. `show({title, text} | null)`. */
export function noticeLine(testid, kind = 'notice') {
  const title = make('strong');
  const text = make('span');
  const element = make('div', { class: kind, role: 'status', 'data-testid': testid, hidden: true },
    icon('warning'), make('div', { class: 'notice-words' }, title, text));
  return {
    element,
    show(words) {
      if (words) {
        setText(title, words.title);
        setText(text, words.text);
      }
      element.hidden = !words;
    },
  };
}
