package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// judged sees what the rules said over the whole story, and that the data
// protection officer finds it on the page of the protocol. It is seen when every
// rule that is said to be delivered was judged from facts.
func (d *demo) judged(ctx context.Context) (string, bool, error) {
	s, err := d.gateway.status(ctx)
	if err != nil {
		return err.Error(), false, nil
	}
	told, attested, err := d.told(ctx, s.Stream)
	if err != nil {
		return "", false, err
	}
	var missing []string
	for _, r := range rules.Table() {
		if rules.Delivered(r.ID) && !told[r.ID] {
			missing = append(missing, r.ID)
		}
	}
	if len(missing) > 0 {
		return "said to be delivered, but nothing was told of " + strings.Join(missing, ", "), false, nil
	}
	p, err := signIn(ctx, d.pages, dpoAccount, demoPassword)
	if err != nil {
		return "", false, err
	}
	defer p.close()
	page, err := p.get(ctx, "/protocol")
	if err != nil {
		return "", false, err
	}
	for _, word := range []string{`id="h-attested"`, `id="h-undelivered"`, "PUR-1"} {
		if !strings.Contains(page, word) {
			return "the page of the protocol does not show " + word, false, nil
		}
	}
	document, err := p.get(ctx, "/protocol/document")
	if err != nil {
		return "", false, err
	}
	if !strings.Contains(document, "Art. 5") {
		return "the protocol as a text does not name its articles", false, nil
	}
	return fmt.Sprintf("%d of %d rules judged from facts, %d attested by people; the rest is shown as not known or not asked. Judged: %s",
		len(told), len(rules.Table()), len(attested), strings.Join(slices.Sorted(maps.Keys(told)), " ")), true, nil
}

// told lists the rules that passed or failed at any time, by the agent's events
// or by the server about the protocol itself, and those that people attested.
func (d *demo) told(ctx context.Context, stream string) (told, attested map[string]bool, err error) {
	events, err := d.server.Events(ctx, agentID, stream, 0, 100_000)
	if err != nil {
		return nil, nil, err
	}
	list, err := d.server.ProtocolFindings(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range events {
		if e.Type != wire.EventFinding {
			continue
		}
		var f rules.Finding
		if err := json.Unmarshal(e.Data, &f); err != nil {
			return nil, nil, err
		}
		list = append(list, f)
	}
	told, attested = map[string]bool{}, map[string]bool{}
	for _, f := range list {
		switch f.Status {
		case rules.Pass, rules.Fail:
			told[f.Rule] = true
		case rules.Attested:
			attested[f.Rule] = true
		default: // unproven, not asked, or not evaluated: nothing was told
		}
	}
	return told, attested, nil
}
