package policy

// Recorded lists the decisions to cover that the protocol itself records, as
// the decisions that they are: taken by a role, and ended by a release that
// names their id. Those that cannot be carried out are left out; Usable tells them.
func (p *Protocol) Recorded() []Decision {
	var out []Decision
	for _, r := range p.Decisions {
		if !r.Cover.IsSet() {
			continue
		}
		w, err := p.recorded(r, p.camera)
		if err != nil {
			continue
		}
		d := w.decision
		d.Reason = r.Text
		out = append(out, d)
	}
	return out
}
