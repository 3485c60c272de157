package ui

import (
	"fmt"
	"strings"
	"time"
)

// Words of an alert in one language.
type alertWords struct{ Title, What, Where, Since, Why, Do string }

// describe puts an alert into words: those of its finding, or those of its kind.
func describe(lang string, a Alert, now time.Time) alertWords {
	w := alertWords{
		Title: a.Title.In(lang), What: a.What.In(lang), Why: a.Why.In(lang), Do: a.Do.In(lang),
		Where: a.SiteName, Since: clock(lang, a.Since, now, a.Location),
	}
	if a.Address != "" {
		w.Where += ", " + a.Address
	}
	if a.Kind != AlertFinding {
		title := a.Kind + "-title"
		if a.Kind == AlertRelease {
			title = "release-alert-title"
		}
		w.Title, w.Why, w.Do = word(lang, title), word(lang, a.Kind+"-why"), word(lang, a.Kind+"-do-it")
		w.What = fmt.Sprintf(word(lang, a.Kind+"-what"), a.Subject)
		if a.Detail != "" {
			w.What += " " + fmt.Sprintf(word(lang, "gateway-says"), a.Detail)
		}
	} else if a.Rule != "" {
		w.Why = strings.TrimSpace(w.Why + " (" + a.Rule + ")")
	}
	return w
}

// AlertMail words the mail about an alert that fired or was resolved. page is
// the address of the page with all alerts; held tells that the next mails about
// the matter are held back.
func AlertMail(lang string, a Alert, page string, held bool) (subject, body string) {
	now := a.Fired
	state := "mail-firing"
	if !a.Resolved.IsZero() {
		state, now = "mail-resolved", a.Resolved
	}
	w := describe(lang, a, now)
	subject = fmt.Sprintf("[Lensdop] %s: %s (%s)", word(lang, state), w.Title, a.SiteName)
	if a.Subject != "" {
		subject = fmt.Sprintf("[Lensdop] %s: %s (%s, %s)", word(lang, state), w.Title, a.SiteName, strings.Map(printable, a.Subject))
	}
	var b strings.Builder
	line := func(key, text string) {
		// A gateway's words take one line: they must not look like ours.
		if text = strings.Join(strings.Fields(strings.Map(printable, text)), " "); text != "" {
			fmt.Fprintf(&b, "%s: %s\n", word(lang, key), text)
		}
	}
	fmt.Fprintf(&b, "%s: %s (%s)\n\n", word(lang, state), w.Title, word(lang, "severity-"+a.Severity))
	line("what", w.What)
	line("where", w.Where)
	line("since", w.Since)
	if !a.Resolved.IsZero() {
		line("resolved", clock(lang, a.Resolved, a.Since, a.Location))
	}
	line("why", w.Why)
	if a.Resolved.IsZero() {
		line("do", w.Do)
	}
	if held {
		b.WriteString("\n" + word(lang, "mail-held") + "\n")
	}
	return subject, b.String() + footer(lang, page)
}

// NoticeMail tells a second person of a decision, or of its release.
func NoticeMail(lang string, d Decision, release bool, who, page string, now time.Time) (subject, body string) {
	title := word(lang, "notice-cover")
	if release {
		title = word(lang, "notice-release")
	}
	subject = fmt.Sprintf("[Lensdop] %s: %s", title, d.SiteName)
	var b strings.Builder
	line := func(key, text string) { fmt.Fprintf(&b, "%s: %s\n", word(lang, key), text) }
	fmt.Fprintf(&b, "%s\n\n", title)
	line("where", d.SiteName)
	line("cameras", strings.Join(d.Cameras, ", "))
	line("from", clock(lang, d.From, time.Time{}, d.Location))
	if d.Until.IsZero() {
		line("until", word(lang, "cover-released"))
	} else {
		line("until", clock(lang, d.Until, time.Time{}, d.Location))
	}
	line("reason", d.Reason)
	line("who", who+", "+clock(lang, now, time.Time{}, d.Location))
	if release && d.Needed > 1 {
		fmt.Fprintf(&b, word(lang, "signed")+"\n", d.Signed, d.Needed)
	}
	b.WriteString("\n" + word(lang, "vouched") + "\n" + word(lang, "notice-why") + "\n")
	return subject, b.String() + footer(lang, page)
}

func footer(lang, page string) string {
	return "\n" + fmt.Sprintf(word(lang, "mail-page"), page) + "\n" + word(lang, "mail-footer") + "\n"
}
