package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/policy"
)

func calendarCommand() *cobra.Command {
	var lang, site, from, to string
	var asJSON, ical bool
	c := &cobra.Command{
		Use:   "calendar PROTOCOL",
		Short: "List when the protocol itself covers which cameras",
		Long: "List when the protocol itself covers which cameras: its recurring windows, and the decisions\n" +
			"that it records. What people decide in Lensdop is on the server's pages.\n\n" +
			"Days are those of each site; --to is the first day that is left out. At most a century.",
		Args: wanted(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			p, _, err := loadProtocol(args[0])
			if err != nil {
				return err
			}
			first := policy.DateOf(time.Now())
			if from != "" {
				if first, err = policy.ParseDate(from); err != nil {
					return fmt.Errorf("--from %w", err)
				}
			}
			last := first.AddDays(365)
			if to != "" {
				if last, err = policy.ParseDate(to); err != nil {
					return fmt.Errorf("--to %w", err)
				}
			}
			entries, err := agenda(p, site, first, last)
			if err != nil {
				return err
			}
			w := c.OutOrStdout()
			switch {
			case ical:
				return policy.Policy{Protocol: p}.ICalendar(w, entries, time.Now(), lang)
			case asJSON:
				return json.NewEncoder(w).Encode(entries)
			default:
				return printAgenda(w, p, entries, lang)
			}
		},
	}
	langFlag(c, &lang)
	f := c.Flags()
	f.StringVar(&site, "site", "", "only this site")
	f.StringVar(&from, "from", "", "first day, as in 2026-03-01; today unless given")
	f.StringVar(&to, "to", "", "first day that is left out; a year later unless given")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.BoolVar(&ical, "ical", false, "print an iCalendar file (RFC 5545)")
	c.MarkFlagsMutuallyExclusive("json", "ical")
	return c
}

// maxDays is a century: a typing error in a year must not fill the memory.
const maxDays = 36525

// agenda gathers the windows of the sites between two days of each.
func agenda(p *policy.Protocol, site string, first, last policy.Date) ([]policy.Entry, error) {
	start := func(d policy.Date, loc *time.Location) time.Time {
		return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
	}
	if !start(first, time.UTC).Before(start(last, time.UTC)) {
		return nil, fmt.Errorf("--to %s is not after --from %s", last, first)
	}
	if start(first.AddDays(maxDays), time.UTC).Before(start(last, time.UTC)) {
		return nil, fmt.Errorf("--from %s --to %s is more than %d days; ask for less", first, last, maxDays)
	}
	entries := []policy.Entry{}
	found := false
	var have []string
	for _, s := range p.Sites {
		have = append(have, s.ID)
		if site != "" && s.ID != site {
			continue
		}
		found = true
		loc := p.Location(s.ID)
		entries = append(entries, policy.Policy{Protocol: p}.Agenda(s.ID, start(first, loc), start(last, loc))...)
	}
	if !found {
		return nil, fmt.Errorf("--site %s is no site of %s; it has %s", site, p.Metadata.ID, strings.Join(have, ", "))
	}
	slices.SortStableFunc(entries, func(a, b policy.Entry) int { return a.From.Compare(b.From) })
	return entries, nil
}

func printAgenda(w io.Writer, p *policy.Protocol, entries []policy.Entry, lang string) error {
	if len(entries) == 0 {
		_, err := fmt.Fprintln(w, policy.Text{NL: "In deze tijd dekt het protocol zelf niets af.", FR: "Le protocole lui-même n'occulte rien pendant cette période.", EN: "The protocol itself covers nothing in this time."}.In(lang))
		return err
	}
	open := policy.Text{NL: "tot iemand vrijgeeft", FR: "jusqu'à la levée par une personne", EN: "until a person releases"}.In(lang)
	for _, e := range entries {
		loc := p.Location(e.Site)
		until := open
		if !e.Until.IsZero() {
			until = e.Until.In(loc).Format("2006-01-02 15:04")
		}
		name := e.Name.In(lang)
		if name == "" {
			name = e.Window
		}
		if _, err := fmt.Fprintf(w, "%s  %-20s  %s, %s: %s\n", e.From.In(loc).Format("2006-01-02 15:04"), until, e.Site, name, strings.Join(e.Cameras, ", ")); err != nil {
			return err
		}
	}
	return nil
}
