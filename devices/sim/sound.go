package sim

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// sounds holds which microphone each profile carries.
type sounds struct {
	mu   sync.Mutex
	sets map[string]soundSet // by profile; a missing one has neither
	real map[string]soundSet // what the streams carry; differs only by a fault
}

// soundSet is the sound of a profile: it is in the stream if both are there.
type soundSet struct{ source, encoder string }

func (s soundSet) on() bool { return s.source != "" && s.encoder != "" }

// microphone is the number of the source's microphone.
func (s soundSet) microphone() int {
	n, _ := strconv.Atoi(strings.TrimPrefix(s.source, "asc_"))
	return n
}

func (d *Device) newSounds() *sounds {
	s := &sounds{sets: map[string]soundSet{}, real: map[string]soundSet{}}
	if d.cam.Microphones == 0 {
		return s
	}
	for _, p := range d.profiles() {
		n := 1
		if p.path == pathSub {
			n = d.cam.Microphones
		}
		s.sets[p.token] = soundSet{"asc_" + strconv.Itoa(n), "aec_" + strconv.Itoa(n)}
	}
	s.real = maps.Clone(s.sets)
	return s
}

// soundOf tells what a profile carries.
func (d *Device) soundOf(profile string) soundSet {
	d.sound.mu.Lock()
	defer d.sound.mu.Unlock()
	return d.sound.sets[profile]
}

// streamed tells what a profile's stream really carries.
func (d *Device) streamed(profile string) soundSet {
	d.sound.mu.Lock()
	defer d.sound.mu.Unlock()
	return d.sound.real[profile]
}

// useCount counts the profiles that carry an audio configuration.
func (d *Device) useCount(token string) int {
	d.sound.mu.Lock()
	defer d.sound.mu.Unlock()
	n := 0
	for _, s := range d.sound.sets {
		if s.source == token || s.encoder == token {
			n++
		}
	}
	return n
}

// setSound changes what a profile carries, and makes its stream anew.
func (d *Device) setSound(token string, f func(*soundSet)) *soapFault {
	p, fault := d.profile(token)
	if fault != nil {
		return fault
	}
	ignored := d.fault(FaultSoundNotApplied)
	d.sound.mu.Lock()
	s, was := d.sound.sets[token], d.sound.real[token]
	f(&s)
	d.sound.sets[token] = s
	if !ignored {
		d.sound.real[token] = s
	}
	d.sound.mu.Unlock()
	r := d.streams.Load()
	if ignored || s == was || r == nil {
		return nil
	}
	if err := r.refit(p.lens, p.path); err != nil {
		d.log.Warn("stream did not start again", "path", p.path, "error", err)
		return receiverFault("the stream did not start again", "ter:Action")
	}
	return nil
}

// audioNumber takes the number off the token of an audio configuration.
func (d *Device) audioNumber(token, prefix string) (int, *soapFault) {
	s, ok := strings.CutPrefix(token, prefix)
	n, err := strconv.Atoi(s)
	if !ok || err != nil || n < 1 || n > d.cam.Microphones || strconv.Itoa(n) != s {
		return 0, noConfig("there is no such audio configuration")
	}
	return n, nil
}

func (d *Device) audioSourceElem(name string, n int) elem {
	token := "asc_" + strconv.Itoa(n)
	return el(name, attr{"token", token}, el("tt:Name", "Microphone "+strconv.Itoa(n)), el("tt:UseCount", d.useCount(token)), el("tt:SourceToken", microphoneToken(n)))
}

// audioEncoderElem is an encoder as the first Media service shows it.
func (d *Device) audioEncoderElem(name string, n int) elem {
	token := "aec_" + strconv.Itoa(n)
	return el(name, attr{"token", token}, el("tt:Name", "G.711 "+strconv.Itoa(n)), el("tt:UseCount", d.useCount(token)),
		el("tt:Encoding", "G711"), el("tt:Bitrate", 64), el("tt:SampleRate", 8), noMulticast(), el("tt:SessionTimeout", "PT60S"))
}

// audioEncoder2Elem is the same in Media2's words.
func (d *Device) audioEncoder2Elem(name string, n int) elem {
	token := "aec_" + strconv.Itoa(n)
	return el(name, attr{"token", token}, el("tt:Name", "G.711 "+strconv.Itoa(n)), el("tt:UseCount", d.useCount(token)),
		el("tt:Encoding", "PCMU"), el("tt:Bitrate", 64), el("tt:SampleRate", 8))
}

// audioOf are the audio configurations of a profile, as the given services
// write them; those that it lacks have no name.
func (d *Device) audioOf(profile, sourceName, encoderName string, encoder func(string, int) elem) (source, enc elem) {
	s := d.soundOf(profile)
	if n, f := d.audioNumber(s.source, "asc_"); f == nil {
		source = d.audioSourceElem(sourceName, n)
	}
	if n, f := d.audioNumber(s.encoder, "aec_"); f == nil {
		enc = encoder(encoderName, n)
	}
	return source, enc
}

// everyMicrophone builds one element for each.
func (d *Device) everyMicrophone(f func(n int) elem) []elem {
	var list []elem
	for n := range d.cam.Microphones {
		list = append(list, f(n+1))
	}
	return list
}

// soundOps are those of the first Media service.
func (d *Device) soundOps() map[string]operation {
	list := func(name string, f func(n int) elem) func(*request) (elem, *soapFault) {
		return func(*request) (elem, *soapFault) { return el(name, d.everyMicrophone(f)), nil }
	}
	source := func(n int) elem { return d.audioSourceElem("trt:Configurations", n) }
	encoder := func(n int) elem { return d.audioEncoderElem("trt:Configurations", n) }
	set := func(name string, change func(q *request, s *soundSet) *soapFault) func(*request) (elem, *soapFault) {
		return func(q *request) (elem, *soapFault) {
			var wrong *soapFault
			f := d.setSound(q.value(nsTRT, "ProfileToken"), func(s *soundSet) { wrong = change(q, s) })
			return el(name), firstFault(f, wrong)
		}
	}
	return map[string]operation{
		"GetAudioSources": {do: list("trt:GetAudioSourcesResponse", func(n int) elem {
			return el("trt:AudioSources", attr{"token", microphoneToken(n)}, el("tt:Channels", 1))
		})},
		"GetAudioSourceConfigurations":            {do: list("trt:GetAudioSourceConfigurationsResponse", source)},
		"GetAudioEncoderConfigurations":           {do: list("trt:GetAudioEncoderConfigurationsResponse", encoder)},
		"GetCompatibleAudioSourceConfigurations":  {in: "ProfileToken", do: list("trt:GetCompatibleAudioSourceConfigurationsResponse", source)},
		"GetCompatibleAudioEncoderConfigurations": {in: "ProfileToken", do: list("trt:GetCompatibleAudioEncoderConfigurationsResponse", encoder)},
		"AddAudioSourceConfiguration": {in: "ProfileToken ConfigurationToken", do: set("trt:AddAudioSourceConfigurationResponse", func(q *request, s *soundSet) *soapFault {
			return d.attach(&s.source, q.value(nsTRT, "ConfigurationToken"), "asc_")
		})},
		"AddAudioEncoderConfiguration": {in: "ProfileToken ConfigurationToken", do: set("trt:AddAudioEncoderConfigurationResponse", func(q *request, s *soundSet) *soapFault {
			return d.attach(&s.encoder, q.value(nsTRT, "ConfigurationToken"), "aec_")
		})},
		"RemoveAudioSourceConfiguration": {in: "ProfileToken", do: set("trt:RemoveAudioSourceConfigurationResponse", func(_ *request, s *soundSet) *soapFault {
			s.source = ""
			return nil
		})},
		"RemoveAudioEncoderConfiguration": {in: "ProfileToken", do: set("trt:RemoveAudioEncoderConfigurationResponse", func(_ *request, s *soundSet) *soapFault {
			s.encoder = ""
			return nil
		})},
	}
}

// attach puts a configuration into a profile, if there is one.
func (d *Device) attach(to *string, token, prefix string) *soapFault {
	if _, f := d.audioNumber(token, prefix); f != nil {
		return f
	}
	*to = token
	return nil
}

// sound2Ops are those of Media2.
func (d *Device) sound2Ops() map[string]operation {
	// of lists what there is, or what a token names, or what fits a profile:
	// here everything fits every profile.
	of := func(answer, prefix string, f func(n int) elem) operation {
		return operation{in: "ConfigurationToken? ProfileToken?", do: func(q *request) (elem, *soapFault) {
			if p := q.value(nsTR2, "ProfileToken"); p != "" {
				if _, f := d.profile(p); f != nil {
					return elem{}, f
				}
			}
			want := q.value(nsTR2, "ConfigurationToken")
			if want == "" {
				return el(answer, d.everyMicrophone(f)), nil
			}
			n, fault := d.audioNumber(want, prefix)
			if fault != nil {
				return elem{}, fault
			}
			return el(answer, f(n)), nil
		}}
	}
	return map[string]operation{
		"GetAudioSourceConfigurations":  of("tr2:GetAudioSourceConfigurationsResponse", "asc_", func(n int) elem { return d.audioSourceElem("tr2:Configurations", n) }),
		"GetAudioEncoderConfigurations": of("tr2:GetAudioEncoderConfigurationsResponse", "aec_", func(n int) elem { return d.audioEncoder2Elem("tr2:Configurations", n) }),
		"AddConfiguration":              {in: "ProfileToken Name? Configuration*(Type Token?)", do: func(q *request) (elem, *soapFault) { return el("tr2:AddConfigurationResponse"), d.changeAudio(q, true) }},
		"RemoveConfiguration": {in: "ProfileToken Configuration+(Type Token?)", do: func(q *request) (elem, *soapFault) {
			return el("tr2:RemoveConfigurationResponse"), d.changeAudio(q, false)
		}},
	}
}

// changeAudio adds or removes all that a request names, or nothing. Only audio
// can be changed on this device.
func (d *Device) changeAudio(q *request, add bool) *soapFault {
	var wrong *soapFault
	f := d.setSound(q.value(nsTR2, "ProfileToken"), func(s *soundSet) {
		next := *s
		for _, k := range q.kids {
			if k.name.Local != "Configuration" {
				continue
			}
			kind := k.value(nsTR2, "Type")
			if !slices.Contains([]string{"AudioSource", "AudioEncoder"}, kind) {
				wrong = receiverFault("only audio can be changed in a profile", "ter:Action", "ter:ConfigurationConflict")
				return
			}
			to, prefix := &next.source, "asc_"
			if kind == "AudioEncoder" {
				to, prefix = &next.encoder, "aec_"
			}
			if !add {
				*to = ""
			} else if wrong = d.attach(to, k.value(nsTR2, "Token"), prefix); wrong != nil {
				return
			}
		}
		*s = next
	})
	return firstFault(f, wrong)
}
