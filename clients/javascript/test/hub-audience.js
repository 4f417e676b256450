/** Those in the hub's room who are counted, not listed: by participant, their rows. */
export class Counted {
    rows = new Map()

    get patch() { return { audience: this.rows.size > 0 ? { count: this.rows.size } : null } }
    get people() { return [...this.rows].map(([id, row]) => ({ id, ...row, isSelf: false })) }

    add(id, row) { this.rows.set(id, { ...row, counted: true, role: 'audience' }) }

    /** Whoever has that name is counted no more: `[id, row]`. */
    take(name) {
        const [id, { counted, ...row }] = [...this.rows].find(([, candidate]) => candidate.name === name)
        this.rows.delete(id)
        return [id, { ...row, role: 'participant' }]
    }
}
