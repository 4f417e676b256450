// What keeps somebody from using what is shown: no name, a place beside the window, a motion that goes on where somebody
// wants none, or less contrast than 4.5:1 (WCAG 2.2 AA), measured against what lies below it.
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (rgb) => {
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    if (element === null) return [255, 255, 255];
    const [r, g, b, a] = rgba(getComputedStyle(element).backgroundColor);
    if (a === 255) return [r, g, b];
    const below = ground(element.parentElement);
    return [r, g, b].map((part, index) => (part * a + below[index] * (255 - a)) / 255);
  };
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true })
    && element.closest('.unseen, :disabled') === null;
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    if (!isShown(element)) continue;
    const name = element.getAttribute('aria-label') || element.textContent.trim() || element.title
      || [...(element.labels ?? [])].map((label) => label.textContent).join();
    const what = `${element.tagName} ${element.id || element.className}`;
    if (element.matches('button, input, select, [role=alertdialog]') && !name) found.push(`${what} has no name`);
    const { left, right } = element.getBoundingClientRect();
    const isBeside = left < 0 || right > innerWidth;
    if (element.matches('button, input, select') && isBeside) found.push(`${what} is beside the window`);
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!hasText || element.matches('option, script, noscript')) continue;
    const pair = [rgba(getComputedStyle(element).color).slice(0, 3), ground(element)].map(light).sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) found.push(`${what} “${element.textContent.trim()}”: ${contrast.toFixed(1)}`);
  }
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  for (const { effect } of document.getAnimations()) {
    if (isStill && effect.getTiming().iterations !== 1) found.push(`${effect.target.className} moves`);
  }
  return found;
}
