package gateway

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/devices/badge"
	"github.com/lensdop/lensdop/devices/serial"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// table writes rows aligned in columns and reports the first error.
func table(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, r := range rows {
		if _, err := fmt.Fprintln(t, strings.Join(r, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}

// printFindings lists what does not comply, the worst first, each with what to
// do; then how much was checked, and what was not.
func printFindings(w io.Writer, findings []rules.Finding) error {
	var open []rules.Finding
	var partly []string
	t := rules.Count(findings)
	for _, f := range findings {
		switch {
		case f.Undelivered:
			if !slices.Contains(t.NotChecked, f.Rule) && !slices.Contains(partly, f.Rule) {
				partly = append(partly, f.Rule)
			}
		case !f.Status.OK():
			open = append(open, f)
		}
	}
	slices.SortStableFunc(open, func(a, b rules.Finding) int {
		return cmp.Or(cmp.Compare(urgency(a), urgency(b)), cmp.Compare(weight(a), weight(b)))
	})
	for _, f := range open {
		if _, err := fmt.Fprintf(w, "%-9s %-8s %s  %s\n          %s\n          why: %s\n          do:  %s\n",
			strings.ToUpper(string(f.Status)), f.Severity, f.Rule, f.Title.EN, f.Text.EN, f.Why, f.Remedy.In("en")); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "%d checks: %d comply, %d do not or could not be shown; %d do not apply now\n",
		t.Pass+t.Attested+t.Open+t.Waived, t.Pass+t.Attested, t.Open+t.Waived, t.NotApplicable); err != nil {
		return err
	}
	for _, left := range []struct {
		what string
		ids  []string
	}{
		{"not checked, since nothing here gathers the facts", t.NotChecked},
		{"checked only in part, for the same reason", partly},
	} {
		if len(left.ids) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n", left.what, strings.Join(left.ids, " ")); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, "not looked at here: rules of the protocol as a whole; the server judges them, or `lensdop protocol findings`")
	return err
}

// urgency orders what does not comply: what was seen to be wrong stands before
// what could not be seen.
func urgency(f rules.Finding) int {
	return slices.Index([]rules.Status{rules.Fail, rules.Error, rules.Expired, rules.Unproven}, f.Status)
}

func weight(f rules.Finding) int {
	return slices.Index([]rules.Severity{rules.Critical, rules.High, rules.Medium, rules.Low}, f.Severity)
}

func printStatus(w io.Writer, s agent.Status) error {
	rows := [][]string{{"CAMERA", "REACH", "ORDERED", "SHOWN", "SINCE", "TROUBLE"}}
	for _, k := range s.Reported.Cameras {
		rows = append(rows, []string{k.Camera, k.Reach, orderedWords(k.Ordered), shownWords(k), k.Since.Local().Format("02-01 15:04:05"), k.Trouble})
	}
	if err := table(w, rows); err != nil {
		return err
	}
	for _, u := range s.Reported.Unknown {
		if _, err := fmt.Fprintf(w, "NOT REGISTERED  %s  %s  first seen %s\n", u.Address, u.Name, u.FirstSeen.Local().Format("02-01 15:04:05")); err != nil {
			return err
		}
	}
	clock := "confirmed"
	if !s.ClockTrusted {
		clock = "NOT confirmed: windows may start but none ends"
	}
	_, err := fmt.Fprintf(w, "policy generation %d, clock %s, %d events not yet at the server\n", s.Reported.Generation, clock, s.Outbox)
	return err
}

// printAsks lists the consents that the site has not given, ready to be put
// into the config.
func printAsks(w io.Writer, asks []agent.Ask) error {
	if len(asks) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("\nThe site's consent is asked for. Nobody here has seen these ways to cover work: what is known\nof them was read. Until you put them into the agent's config they are not used.\n")
	for _, q := range asks {
		fmt.Fprintf(&b, "  %s by %s, for %s\n", q.Method, q.Driver, strings.Join(q.Cameras, ", "))
		if q.Rests != "" {
			fmt.Fprintf(&b, "    rests on: %s\n", q.Rests)
		}
	}
	b.WriteString("consent:\n")
	for _, q := range asks {
		fmt.Fprintf(&b, "  - {vendor: %q, model: %q, method: %s}\n", q.Vendor, q.Model, q.Method)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func orderedWords(ordered string) string {
	switch ordered {
	case "whole":
		return "cover"
	case "zones":
		return "masks"
	default:
		return "nothing"
	}
}

// shownWords says what was seen, in the words of what was ordered: a picture
// whose masks are seen is not a closed picture.
func shownWords(k wire.CameraState) string {
	picture := k.Shown[policy.PartPicture]
	switch {
	case picture == "unproven":
	case k.Ordered == "zones":
		picture = map[string]string{"closed": "masks seen", "open": "MASKS NOT SEEN"}[picture]
	case k.Ordered == "whole":
		picture = map[string]string{"closed": "seen covered", "open": "NOT COVERED"}[picture]
	}
	sound := map[string]string{"closed": "no sound", "open": "sound", "unproven": "sound unproven"}[k.Shown[policy.PartSound]]
	return picture + ", " + sound
}

func printPorts(w io.Writer, ports []serial.Port) error {
	if len(ports) == 0 {
		_, err := fmt.Fprintln(w, "no serial ports with hardware behind them")
		return err
	}
	rows := [][]string{{"PORT", "STABLE NAME", "ADAPTER"}}
	for _, p := range ports {
		name, adapter := p.Path, ""
		if p.Weak {
			name += " (weak: names the socket, not the adapter)"
		}
		if p.USB != nil {
			adapter = p.USB.Vendor + ":" + p.USB.Product + " " + p.USB.Name
		}
		rows = append(rows, []string{p.Name, name, adapter})
	}
	return table(w, rows)
}

func printExamination(w io.Writer, port string, x badge.Examination) error {
	rows := [][]string{{"FRAME", "GOOD", "BAD"}}
	for _, f := range x.Frames {
		rows = append(rows, []string{f.Frame, fmt.Sprint(f.Good), fmt.Sprint(f.Bad)})
	}
	if _, err := fmt.Fprintf(w, "%s: listened %d ms, %d bytes, %d of them noise, %d badges shown: %s\n", port, x.ListenedMS, x.Bytes, x.NoiseBytes, x.Badges, x.Verdict); err != nil {
		return err
	}
	if err := table(w, rows); err != nil {
		return err
	}
	if x.Verdict == badge.Plain {
		_, err := fmt.Fprintln(w, "The badge number crosses this line in clear: whoever reaches the cable can read and repeat it.")
		return err
	}
	return nil
}
