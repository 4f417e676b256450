/** The panels beside the stage: one is open at a time, and focus goes back to the button that opened it. */
export class Panels {
    open = null
    #panels
    #opener
    #redraw

    constructor(panels, { opener, redraw }) {
        this.#panels = panels
        this.#opener = opener
        this.#redraw = redraw
    }

    get elements() { return this.#panels.map(({ element }) => element) }

    toggle(id) { this.show(this.open === id ? null : id) }

    /** `null`: none. */
    show(id) {
        if (id === this.open) return
        const before = this.open
        this.open = id
        for (const panel of this.#panels) if (panel.isOpen && panel.id !== id) panel.open(false)
        this.#panels.find((panel) => panel.id === id)?.open(true)
        if (id === null) this.#opener(before).focus()
        this.#redraw()
    }
}
