package rules

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrLanguage tells that a text is asked for in a language other than nl, fr or en.
var ErrLanguage = errors.New("the language is not nl, fr or en")

func knownLanguage(lang string) error {
	if !slices.Contains([]string{"nl", "fr", "en"}, lang) {
		return fmt.Errorf("%w: %q", ErrLanguage, lang)
	}
	return nil
}

// WriteJSON writes findings as a JSON array, with everything in them and in all
// languages. No findings are an empty array. An error is the writer's.
func WriteJSON(w io.Writer, list []Finding) error {
	if list == nil {
		list = []Finding{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(list)
}

// WriteCSV writes findings as a table after RFC 4180: a line of headings, then
// one per finding, ended by CRLF, in UTF-8. Headings, ids and statuses are the
// same in each language ("nl", "fr", "en"), since programs read them; the texts
// are in the one asked for. Times are in UTC after RFC 3339. An error is
// ErrLanguage or the writer's.
//
// Part of what a cell says comes from devices. One that a spreadsheet would
// take for a formula has an apostrophe before it.
func WriteCSV(w io.Writer, list []Finding, lang string) error {
	if err := knownLanguage(lang); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	if err := c.Write([]string{
		"id", "rule", "status", "severity", "site", "device", "camera", "reader", "zone", "subject",
		"title", "text", "why", "article", "remedy", "owner", "due", "due_soon", "since", "at", "first_seen", "last_seen", "resolved_at",
		"method", "undelivered", "waiver", "waiver_until", "waiver_because", "waiver_by", "evidence", "protocol", "protocol_version",
	}); err != nil {
		return err
	}
	for _, f := range list {
		waiver := WaivedBy{}
		if f.Waiver != nil {
			waiver = *f.Waiver
		}
		var seen []string
		for _, e := range f.Evidence {
			seen = append(seen, e.line())
		}
		t := f.Target
		row := []string{
			f.ID, f.Rule, string(f.Status), string(f.Severity), t.Site, t.Device, t.Camera, t.Reader, t.Zone, t.Subject,
			f.Title.In(lang), f.Text.In(lang), f.Why.Norm.In(lang), f.Why.Article, f.Remedy.In(lang), f.Owner,
			stampUTC(f.Due), strconv.FormatBool(f.DueSoon), stampUTC(f.Since), stampUTC(f.At), stampUTC(f.FirstSeen), stampUTC(f.LastSeen), stampUTC(f.Resolved),
			string(f.Method), strconv.FormatBool(f.Undelivered), waiver.ID, waiver.Expires.String(), waiver.Justification, strings.Join(waiver.ApprovedBy, " "),
			strings.Join(seen, "\n"), f.Protocol.ID, f.Protocol.Version,
		}
		for i := range row {
			row[i] = plainCell(row[i])
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// plainCell keeps a spreadsheet from taking a text for a formula: Excel,
// LibreOffice and Google Sheets compute what begins with one of these signs,
// some also in their full-width form, and after a separator within the cell.
func plainCell(s string) string {
	trimmed := strings.TrimLeft(s, " \t\r\n\v\f\u00a0\ufeff")
	if trimmed == "" {
		return trimmed
	}
	if strings.ContainsRune("=+-@|%＝＋－＠", []rune(trimmed)[0]) || strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") || strings.HasPrefix(s, "\n") {
		return "'" + s
	}
	return s
}

// stampUTC writes an instant in UTC after RFC 3339; nothing for none.
func stampUTC(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// line writes evidence in one line: kind, path, value and numbers.
func (e Evidence) line() string {
	var b strings.Builder
	b.WriteString(e.Kind)
	if e.Path != "" {
		b.WriteString(" " + e.Path)
	}
	b.WriteString(": " + e.Value)
	for _, k := range slices.Sorted(maps.Keys(e.Numbers)) {
		b.WriteString("; " + k + " " + strconv.FormatFloat(e.Numbers[k], 'g', 6, 64))
	}
	if e.Hash != "" {
		b.WriteString("; " + string(e.Hash))
	}
	return b.String()
}
