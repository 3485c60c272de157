package onvif

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string][2]time.Duration{
		"PT0S": {}, "-PT0S": {}, "P0Y": {}, "PT24H": {day, day}, "P1D": {day, day}, "P1DT1H1M1.5S": {day + time.Hour + time.Minute + 1500*time.Millisecond, day + time.Hour + time.Minute + 1500*time.Millisecond},
		"P1M": {28 * day, 31 * day}, "P2Y": {730 * day, 732 * day}, "PT1M": {time.Minute, time.Minute}, "\n PT9S ": {9 * time.Second, 9 * time.Second},
		"PT0.000000001S": {1, 1}, "PT0.0000000001S": {0, 1}, "PT000S": {}, "P1Y1M1DT0H": {394 * day, 398 * day}, "P200Y": {200 * 365 * day, 200 * 366 * day},
	} {
		least, most, err := parseDuration(text)
		if err != nil || least != want[0] || most != want[1] {
			t.Errorf("%q is %v to %v, %v; want %v", text, least, most, err, want)
		}
	}
	for _, text := range []string{
		"", "P", "PT", "-P", "P1", "1D", "P1H", "PT1D", "P1S", "PT1Y", "P1M1Y", "P1D1D", "PT1.S", "PT.5S", "P1.5D", "PT1.5M", "PT1S1H", "-P1D", "--P0D",
		"p1d", "P-1D", "P1DT", "P 1D", "PT1S x", "+P1D", "P1W", "PT1,5S", "P99999999999999999999D", "P201Y", "P200YT1S", "PT9223372036854775807S",
	} {
		if least, most, err := parseDuration(text); !errors.Is(err, devices.ErrMalformed) {
			t.Errorf("%q is %v to %v, %v", text, least, most, err)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "PT0S", day: "PT24H", 90 * time.Minute: "PT1H30M", time.Second: "PT1S", 30 * day: "PT720H", time.Hour + 50*time.Millisecond: "PT1H0.05S", -1: "PT0S",
	} {
		if got := formatDuration(d); got != want {
			t.Errorf("%v is written %s, want %s", d, got, want)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"PT0S", "P1Y2M3DT4H5M6.789S", "-P1D", "P200Y", "PT0.9999999999S", "PTM", "P1M", "PT1M"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		least, most, err := parseDuration(s)
		if err != nil {
			if !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("error %v is not ErrMalformed", err)
			}
			return
		}
		if least < 0 || most < least || most > maxDuration {
			t.Fatalf("%q is %v to %v", s, least, most)
		}
		a, b, err := parseDuration(formatDuration(most))
		if err != nil || a != most || b != most {
			t.Errorf("%q: %v is written %q, read as %v to %v, %v", s, most, formatDuration(most), a, b, err)
		}
	})
}

// tree is a document without the places of its namespaces' declarations.
func tree(s string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(s))
	var b strings.Builder
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			b.WriteString("<{" + tok.Name.Space + "}" + tok.Name.Local)
			for _, a := range tok.Attr {
				if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
					b.WriteString(" {" + a.Name.Space + "}" + a.Name.Local + "=" + a.Value)
				}
			}
			b.WriteString(">")
		case xml.EndElement:
			b.WriteString("</>")
		case xml.CharData:
			_ = xml.EscapeText(&b, tok)
		}
	}
}

func FuzzVerbatim(f *testing.F) {
	for _, s := range []string{
		`<e xmlns:t="u:t" xmlns="u:d"><I><C a='1' t:b="&lt;"><n/><t:F>PT1S</t:F><x y="t:q">z</x></C></I><I/></e>`,
		`<I><C xmlns:trc="u:other"><F xmlns:a="b">1</F></C></I>`,
		`<I><C><F/></C><C><F>2</F></C></I>`,
		`<I><C><F><F>1</F></F><F>2</F></C></I>`,
		`<I xmlns:a=""><C a = "b>c" ><F>1<!-- c --></F></C ></I>`,
		`<I><I><C><F>1</F></C></I></I>`,
		`<I><C x="/"/></I>`,
		`<I><C><F><![CDATA[1]]></F></C></I>`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		message = utf8Text(message)
		all, err := findVerbatim(message, "I", "C", "F")
		if err != nil {
			if !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("error %v is not ErrMalformed", err)
			}
			return
		}
		for _, v := range all {
			sent, err := v.with("u:new", "Name", "NEW")
			if err != nil {
				continue
			}
			got, err := tree(sent)
			if err != nil {
				t.Fatalf("%q cannot be read: %v", sent, err)
			}
			if !strings.HasPrefix(got, "<{u:new}Name") || !strings.Contains(got, "NEW</>") {
				t.Errorf("%q became %q", message, sent)
			}
			// Changed back, it is what it was.
			again, err := findVerbatim([]byte("<I>"+sent+"</I>"), "I", "Name", "F")
			if err != nil || len(again) != 1 || !again[0].has {
				t.Fatalf("%q is not found again: %v", sent, err)
			}
			if a := again[0]; a.inner[:a.from]+v.inner[v.from:v.to]+a.inner[a.to:] != v.inner {
				t.Errorf("%q became %q", v.inner, a.inner)
			}
			msg, _, err := envelope(setRecordingConfiguration{RecordingToken: "r", Configuration: sent}, "")
			if err != nil || !strings.Contains(string(msg), "RecordingToken") {
				t.Errorf("%q cannot be sent: %v", sent, err)
			}
		}
	})
}

func FuzzParseInstant(f *testing.F) {
	for _, s := range []string{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789+14:00", "2026-01-02T03:04:05", "1970-01-01T00:00:00Z", "24:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := parseInstant(s)
		if err != nil && !errors.Is(err, devices.ErrMalformed) {
			t.Errorf("error %v is not ErrMalformed", err)
		}
		if v, ok := instant(s, "").Get(); ok && (err != nil && s == strings.TrimSpace(s) || v.Before(plausible()) || err == nil && !v.Equal(at)) {
			t.Errorf("%q is %v", s, v)
		}
	})
}

// What a device says of its recordings, jobs, presets and places.
func FuzzSettingAnswers(f *testing.F) {
	f.Add([]byte(envelopeOf(`<trc:GetRecordingsResponse><trc:RecordingItem><tt:RecordingToken>R</tt:RecordingToken><tt:Configuration><tt:MaximumRetentionTime>PT1H</tt:MaximumRetentionTime></tt:Configuration></trc:RecordingItem></trc:GetRecordingsResponse>`)))
	f.Add([]byte(envelopeOf(`<trc:GetRecordingJobsResponse><trc:JobItem><tt:JobToken>J</tt:JobToken><tt:JobConfiguration><tt:Mode>Idle</tt:Mode></tt:JobConfiguration></trc:JobItem></trc:GetRecordingJobsResponse>`)))
	f.Add([]byte(envelopeOf(`<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position><tt:PanTilt x="INF" y="1"/><tt:Zoom x="0"/></tt:Position></tptz:PTZStatus></tptz:GetStatusResponse>`)))
	f.Add([]byte(envelopeOf(`<tptz:GetPresetsResponse><tptz:Preset token="1"><tt:PTZPosition><tt:PanTilt x="1" y=""/></tt:PTZPosition></tptz:Preset></tptz:GetPresetsResponse>`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var recordings recordingList
		if err := parseAnswer(b, "GetRecordingsResponse", &recordings); err == nil {
			if _, err := findVerbatim(recordings.message, "RecordingItem", "Configuration", "MaximumRetentionTime"); err != nil && !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("error %v is not ErrMalformed", err)
			}
		}
		var jobs jobList
		_ = parseAnswer(b, "GetRecordingJobsResponse", &jobs)
		var s parkStatus
		if err := parseAnswer(b, "GetStatusResponse", &s); err == nil {
			if p := s.Position.place(); p != nil && !p.near(*p) {
				t.Errorf("%+v is not where it is", *p)
			}
		}
		var presets parkPresets
		if err := parseAnswer(b, "GetPresetsResponse", &presets); err == nil {
			for _, p := range presets.Presets {
				if at := p.Position.place(); at != nil && !at.near(*at) {
					t.Errorf("%+v is not where it is", *at)
				}
			}
		}
	})
}

func TestAttributesAreKept(t *testing.T) {
	for tag, want := range map[string]string{
		`<t:C>`: "", `<C/>`: "", `<C xmlns="u" xmlns:t = 'v'>`: "",
		`<C a='1' xmlns:t="u" t:b = "x>/y &lt;" >`: ` a='1' t:b="x>/y &lt;"`,
	} {
		if got := attributes([]byte(tag)); got != want {
			t.Errorf("%s has %q, want %q", tag, got, want)
		}
	}
}
