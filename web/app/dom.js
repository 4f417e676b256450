// Elements without a template language: the Content-Security-Policy forbids inline handlers and styles, and
// text that came from other people must never be parsed as HTML. So everything is made node by node.

const SVG = 'http://www.w3.org/2000/svg'

/**
 * One element. `attributes`: `class`, `text`, `on…` listeners, `dataset`; `true` sets an empty attribute,
 * `null`, `undefined` and `false` none; everything else becomes an attribute as it is.
 */
export function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue
        if (name === 'text') element.textContent = value
        else if (name === 'dataset') Object.assign(element.dataset, value)
        else if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
        else element.setAttribute(name, value === true ? '' : String(value))
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== false))
    return element
}

/** A picture of the sprite; decoration only, the words are always beside it. */
export function icon(name) {
    const svg = document.createElementNS(SVG, 'svg')
    svg.setAttribute('class', 'icon')
    svg.setAttribute('aria-hidden', 'true')
    svg.setAttribute('focusable', 'false')
    const use = document.createElementNS(SVG, 'use')
    use.setAttribute('href', `/icons.svg#${name}`)
    svg.append(use)
    return svg
}

/** Shows another picture; touches the document only if it differs, so that nothing flickers. */
export function setIcon(svg, name) {
    const href = `/icons.svg#${name}`
    const use = svg.firstElementChild
    if (use.getAttribute('href') !== href) use.setAttribute('href', href)
}

/** Writes only what differs: a live region speaks on every write, and a selection survives. */
export function setText(element, text) {
    if (element.textContent !== text) element.textContent = text
}

/** `null` removes it. */
export function setAttribute(element, name, value) {
    if (value === null) element.removeAttribute(name)
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value))
}

/** A real button: picture and word. On narrow screens the word is for screen readers only. */
export function button({ id, icon: picture, label, kind = '', testid, ...rest }) {
    return make('button', { type: 'button', class: `button ${kind}`.trim(), id, 'data-testid': testid ?? id, ...rest },
        picture ? icon(picture) : null, make('span', { class: 'label', text: label }))
}
