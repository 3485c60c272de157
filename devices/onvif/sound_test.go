package onvif

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// fakeSound is the media services' part of a device with sound in profiles.
type fakeSound struct {
	f    *fake
	two  []fakeProfile // as Media2 lists them; nil: no Media2
	one  []fakeProfile // as the older service lists them; what both list is shared
	sets []string
	// refuses and drops take a service's writes.
	refuses, drops string
}

type fakeProfile struct{ token, source, encoder string }

func newSound(t *testing.T) *fakeSound {
	f := newFake(t)
	f.sources = []string{"VS1", "VS2"}
	f.configs = []fakeConfig{{"VSC1", "VS1", 0, 0, 1920, 1080}, {"VSC2", "VS2", 0, 0, 1920, 1080}}
	s := &fakeSound{f: f}
	s.two = []fakeProfile{{"P1", "VS1", "ae1"}, {"P2", "VS1", ""}, {"P3", "VS2", "ae1"}}
	s.one = slices.Clone(s.two)
	list := func(all []fakeProfile, profile, video, audio, open, end string) string {
		x := ""
		for _, p := range all {
			config := fakeConfig{"VSC", p.source, 0, 0, 1920, 1080}
			sound := ""
			if p.encoder != "" {
				sound = `<` + audio + ` token="` + p.encoder + `"><tt:Encoding>AAC</tt:Encoding></` + audio + `>`
			}
			x += `<` + profile + ` token="` + p.token + `">` + open + config.xml(video) + sound + end + `</` + profile + `>`
		}
		return x
	}
	f.more["tr2:GetProfiles"] = func(string) string {
		if s.two == nil {
			return ""
		}
		return `<tr2:GetProfilesResponse>` + list(s.two, "tr2:Profiles", "tr2:VideoSource", "tr2:AudioEncoder", "<tr2:Configurations>", "</tr2:Configurations>") + `</tr2:GetProfilesResponse>`
	}
	f.more["trt:GetProfiles"] = func(string) string {
		return `<trt:GetProfilesResponse>` + list(s.one, "trt:Profiles", "tt:VideoSourceConfiguration", "tt:AudioEncoderConfiguration", "", "") + `</trt:GetProfilesResponse>`
	}
	set := func(op, profile, encoder string) string {
		s.sets = append(s.sets, strings.TrimSpace(op+" "+profile+" "+encoder))
		if strings.HasPrefix(op, s.refuses) && s.refuses != "" {
			return ""
		}
		if !strings.HasPrefix(op, s.drops) || s.drops == "" {
			for _, l := range [][]fakeProfile{s.one, s.two} {
				for i := range l {
					if l[i].token == profile {
						l[i].encoder = encoder
					}
				}
			}
		}
		return `<` + op + `Response/>`
	}
	f.more["tr2:RemoveConfiguration"] = func(body string) string {
		if text(body, "Type") != "AudioEncoder" {
			t.Errorf("removes %s", body)
		}
		return set("tr2:RemoveConfiguration", text(body, "ProfileToken"), "")
	}
	f.more["tr2:AddConfiguration"] = func(body string) string {
		return set("tr2:AddConfiguration", text(body, "ProfileToken"), text(body, "Token"))
	}
	f.more["trt:RemoveAudioEncoderConfiguration"] = func(body string) string {
		return set("trt:RemoveAudioEncoderConfiguration", text(body, "ProfileToken"), "")
	}
	f.more["trt:AddAudioEncoderConfiguration"] = func(body string) string {
		return set("trt:AddAudioEncoderConfiguration", text(body, "ProfileToken"), text(body, "ConfigurationToken"))
	}
	return s
}

func (s *fakeSound) site(t *testing.T) *driven {
	return &driven{t: t, f: s.f, method: devices.MethodSoundOff}
}

var silence = devices.Cover{Sound: true}

func TestSoundOff(t *testing.T) {
	s := newSound(t)
	d := s.site(t).begin()
	if !d.offers() {
		t.Fatal("not offered")
	}
	d.mustHold(silence, false)
	d.mustApply(silence)
	d.mustHold(silence, true)
	d.mustApply(silence)
	// One removal for both services, and the other lens keeps its sound.
	if fmt.Sprint(s.sets) != "[tr2:RemoveConfiguration P1]" || s.two[2].encoder != "ae1" {
		t.Errorf("written %v; profiles %v", s.sets, s.two)
	}
	if err := d.restore(); err != nil || s.two[0].encoder != "ae1" || s.two[1].encoder != "" {
		t.Errorf("profiles %v, %v", s.two, err)
	}
	d.mustHold(devices.Cover{}, true)
	if err := d.restore(); err != nil || fmt.Sprint(s.sets) != "[tr2:RemoveConfiguration P1 tr2:AddConfiguration P1 ae1]" {
		t.Errorf("restoring twice: %v, %v", s.sets, err)
	}
	d.mustApply(silence)
	d.mustApply(devices.Cover{})
	if s.two[0].encoder != "ae1" {
		t.Errorf("profiles %v", s.two)
	}
	d.undo.Wrote = nil
	n := len(s.sets)
	if _, err := d.cam().Apply(t.Context(), d.undo, silence); err == nil || len(s.sets) != n {
		t.Errorf("applied without a journal: %v", err)
	}
	if err := d.restore(); err != nil || len(s.sets) != n {
		t.Errorf("restored what was never written: %v", err)
	}
}

func TestSoundOffByTheOlderService(t *testing.T) {
	for name, set := range map[string]func(*fakeSound){
		"no Media2":           func(s *fakeSound) { s.two = nil },
		"Media2 cannot write": func(s *fakeSound) { s.refuses = "tr2:" },
		"Media2 drops it":     func(s *fakeSound) { s.drops = "tr2:" },
		"only there":          func(s *fakeSound) { s.two = []fakeProfile{{"P2", "VS1", ""}, {"P3", "VS2", "ae1"}} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSound(t)
			set(s)
			d := s.site(t).begin()
			d.mustApply(silence)
			if s.one[0].encoder != "" || !slices.Contains(s.sets, "trt:RemoveAudioEncoderConfiguration P1") {
				t.Errorf("written %v; profiles %v", s.sets, s.one)
			}
			if err := d.restore(); err != nil || s.one[0].encoder != "ae1" {
				t.Errorf("written %v; profiles %v, %v", s.sets, s.one, err)
			}
		})
	}
}

func TestSoundOffOtherHands(t *testing.T) {
	t.Run("came since", func(t *testing.T) {
		s := newSound(t)
		d := s.site(t).begin()
		s.two[1].encoder = "ae9"
		got, err := d.apply(silence)
		if !errors.Is(err, devices.ErrForeign) || got.Sound || s.two[1].encoder != "ae9" || s.two[0].encoder != "" {
			t.Errorf("got %+v, %v; profiles %v", got, err, s.two)
		}
		d.mustHold(silence, false)
	})
	t.Run("put back", func(t *testing.T) {
		s := newSound(t)
		d := s.site(t).begin()
		d.mustApply(silence)
		s.two[0].encoder, s.one[0].encoder = "ae1", "ae1"
		if err := d.restore(); err != nil || len(s.sets) != 1 {
			t.Errorf("written %v, %v", s.sets, err)
		}
		d.mustApply(silence)
	})
	for name, change := range map[string]func(*fakeSound){
		"another encoder": func(s *fakeSound) { s.two[0].encoder, s.one[0].encoder = "ae7", "ae7" },
		"profile gone":    func(s *fakeSound) { s.two, s.one = s.two[1:], s.one[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSound(t)
			d := s.site(t).begin()
			d.mustApply(silence)
			change(s)
			if err := d.restore(); !errors.Is(err, devices.ErrForeign) || len(s.sets) != 1 {
				t.Errorf("written %v, %v", s.sets, err)
			}
		})
	}
}

func TestSoundOffThatIsNotShown(t *testing.T) {
	s := newSound(t)
	s.drops = "t"
	d := s.site(t).begin()
	if got, err := d.apply(silence); !errors.Is(err, devices.ErrNotApplied) || got.Sound {
		t.Errorf("got %+v, %v", got, err)
	}
	s.drops = ""
	d.mustApply(silence)
	s.drops = "t"
	if err := d.restore(); !errors.Is(err, devices.ErrNotApplied) {
		t.Errorf("restore: %v", err)
	}
	t.Run("could not be asked", func(t *testing.T) {
		s := newSound(t)
		d := s.site(t).begin()
		s.f.answer["trt:GetProfiles"] = sendBody(`<trt:Other/>`)
		if got, err := d.apply(silence); !errors.Is(err, devices.ErrMalformed) || got.Sound {
			t.Errorf("got %+v, %v", got, err)
		}
		if ok, err := d.cam().Holds(t.Context(), d.undo, silence); ok || err == nil {
			t.Errorf("holds %v, %v", ok, err)
		}
	})
	t.Run("no token", func(t *testing.T) {
		s := newSound(t)
		s.f.answer["tr2:GetProfiles"] = sendBody(`<tr2:GetProfilesResponse><tr2:Profiles token="P1"><tr2:Configurations>` + s.f.configs[0].xml("tr2:VideoSource") + `<tr2:AudioEncoder/></tr2:Configurations></tr2:Profiles></tr2:GetProfilesResponse>`)
		if _, err := s.site(t).cam().State(t.Context(), devices.MethodSoundOff); !errors.Is(err, devices.ErrMalformed) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a crash between write and answer", func(t *testing.T) {
		s := newSound(t)
		d := s.site(t).begin()
		s.f.after["tr2:RemoveConfiguration"] = func() { panic(http.ErrAbortHandler) }
		_, err := d.apply(silence)
		s.f.mu.Lock() // no answer came to tell that the device is done
		if !errors.Is(err, devices.ErrUnreachable) || s.two[0].encoder != "" {
			t.Errorf("got %v; profiles %v", err, s.two)
		}
		delete(s.f.after, "tr2:RemoveConfiguration")
		s.f.mu.Unlock()
		if err := d.restore(); err != nil || s.two[0].encoder != "ae1" {
			t.Errorf("profiles %v, %v", s.two, err)
		}
	})
}

// A camera without sound is covered as long as none comes.
func TestSoundOffWithoutSound(t *testing.T) {
	s := newSound(t)
	for i := range s.two {
		s.two[i].encoder, s.one[i].encoder = "", ""
	}
	d := s.site(t).begin()
	d.mustApply(silence)
	d.mustHold(silence, true)
	if err := d.restore(); err != nil || len(s.sets) != 0 {
		t.Errorf("written %v, %v", s.sets, err)
	}
}
