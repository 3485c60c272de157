package sim

import (
	"fmt"
	"slices"
	"strings"
)

// The ways in which a simulated device can be made to misbehave. Each one was
// seen in real cameras, or is what a careless check would miss.
const (
	// FaultSilent accepts TCP connections and never answers on them.
	FaultSilent = "silent"
	// FaultMaskNotApplied stores and reports masks, and shows the picture without them.
	FaultMaskNotApplied = "mask-not-applied"
	// FaultMaskNotStored accepts CreateMask and SetMask, and keeps what it had.
	FaultMaskNotStored = "mask-not-stored"
	// FaultMaskFirstProfileOnly draws masks on the first profile of a lens only.
	FaultMaskFirstProfileOnly = "mask-first-profile-only"
	// FaultMaskShrunk stores a new mask somewhat smaller than asked.
	FaultMaskShrunk = "mask-shrunk"
	// FaultForgetsMasks loses all masks at a reboot.
	FaultForgetsMasks = "forgets-masks"
	// FaultStreamDead describes and plays RTSP but sends no packet.
	FaultStreamDead = "stream-dead"
	// FaultClock1970 sets the clock to the start of 1970.
	FaultClock1970 = "clock-1970"
	// FaultHTMLError answers every SOAP request with an HTML page.
	FaultHTMLError = "html-error"
	// FaultSingleSession refuses a second RTSP session with 453.
	FaultSingleSession = "single-session"
	// FaultSingleConnection serves one TCP connection at a time, on the HTTP
	// and on the RTSP port each: whoever comes next waits until the first has gone.
	FaultSingleConnection = "single-connection"
	// FaultHalfAnswer breaks off in the middle of every SOAP answer and snapshot.
	FaultHalfAnswer = "half-answer"
	// FaultWrongNamespace answers in namespaces that are not the service's.
	FaultWrongNamespace = "wrong-namespace"
	// FaultSlow30s answers every HTTP request 30 seconds late.
	FaultSlow30s = "slow-30s"
	// FaultBusy answers every HTTP request with 503.
	FaultBusy = "busy"
	// FaultMaxMasks refuses every new mask as one too many, whatever the options say.
	FaultMaxMasks = "max-masks"
	// FaultMirrored and FaultInverted turn the picture, masks and all, left to
	// right or by half a turn: a mask then lies where nobody asked for it.
	FaultMirrored = "mirrored"
	FaultInverted = "inverted"
	// FaultParkNotApplied reports the preset's position and shows what it showed before.
	FaultParkNotApplied = "park-not-applied"
	// FaultParkIgnored accepts GotoPreset and stays where it is.
	FaultParkIgnored = "park-ignored"
	// FaultContactNotApplied tells and reports an output's new state and leaves the circuit as it was.
	FaultContactNotApplied = "contact-not-applied"
	// FaultRetentionIgnored stores and reports a retention time and keeps older data.
	FaultRetentionIgnored = "retention-ignored"
	// FaultRecordingNotStopped accepts an idle recording job and goes on recording.
	FaultRecordingNotStopped = "recording-not-stopped"
	// FaultSoundNotApplied takes sound out of its profiles and leaves it in the stream.
	FaultSoundNotApplied = "sound-not-applied"
	// FaultEventsNone gives out subscriptions that never tell anything.
	FaultEventsNone = "events-none"
	// FaultSelfSigned shows another self-signed certificate than the one whose
	// pin the device printed. It needs Camera.TLS.
	FaultSelfSigned = "self-signed"
	// FaultDigestOnly refuses the WS-Security UsernameToken.
	FaultDigestOnly = "digest-only"
)

// FaultNames lists every fault that SetFault knows.
func FaultNames() []string {
	return []string{
		FaultSilent, FaultMaskNotApplied, FaultMaskNotStored, FaultMaskFirstProfileOnly, FaultMaskShrunk,
		FaultForgetsMasks, FaultStreamDead, FaultClock1970, FaultHTMLError, FaultSingleSession, FaultDigestOnly,
		FaultSingleConnection, FaultHalfAnswer, FaultWrongNamespace, FaultSlow30s, FaultBusy, FaultMaxMasks, FaultMirrored, FaultInverted,
		FaultParkNotApplied, FaultParkIgnored, FaultContactNotApplied, FaultEventsNone, FaultRetentionIgnored, FaultRecordingNotStopped,
		FaultSoundNotApplied, FaultSelfSigned, FaultVendorIgnores, FaultVendorRebootNeeded,
	}
}

// SetFault switches a fault on or off; it takes effect at once. An unknown
// name is an error that lists the known ones.
func (d *Device) SetFault(name string, on bool) error {
	if !slices.Contains(FaultNames(), name) {
		return fmt.Errorf("simulated camera %s: no fault named %q; the faults are %s", d.cam.Name, name, strings.Join(FaultNames(), ", "))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if on && name == FaultClock1970 && !d.faults[name] {
		d.epochAt = d.cam.Clock()
	}
	if on {
		d.faults[name] = true
	} else {
		delete(d.faults, name)
	}
	return nil
}

// Faults lists the faults that are on, sorted.
func (d *Device) Faults() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	on := make([]string, 0, len(d.faults))
	for name := range d.faults {
		on = append(on, name)
	}
	slices.Sort(on)
	return on
}

func (d *Device) fault(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.faults[name]
}
