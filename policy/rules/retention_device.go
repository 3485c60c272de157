package rules

import (
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// keptOnDevices judges what the cameras keep of their own pictures, beside the
// stores that the protocol names: a device can have a card that nobody thinks
// of. How old its oldest recording is and what it is set to are two matters.
func (s *sheet) keptOnDevices(t term) {
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		q, ok := processingOf(s.Protocol, c.Processing)
		if !ok || !t.about(kindOf(q)) {
			continue
		}
		f := s.camera(c.ID)
		o, ok := need(s, "device", Target{Camera: c.ID}, FactRecording, f.Observation)
		if !ok {
			continue
		}
		list, at, ok := answered(s, "device", f, FactRecording, o.Recordings)
		if !ok {
			continue
		}
		k := kept{c: c, q: q, at: at, skew: o.ClockSkew, why: Why{Article: article(q.Retention.Ref, c.Ref, q.Ref)}}
		if k.limit, k.from, ok = t.limit(policy.Store{}, q); !ok {
			s.add("device", Finding{
				Target: Target{Camera: c.ID}, Why: k.why, Status: Unproven,
				Text:   say("Het protocol noemt geen bewaartermijn voor verwerking %s: of camera %s te lang bewaart is niet te zeggen.", "Le protocole ne fixe pas de durée de conservation pour le traitement %s: impossible de dire si la caméra %s conserve trop longtemps.", "The protocol gives no retention period for processing %s: whether camera %s keeps for too long cannot be told.", q.ID, c.ID),
				Remedy: policy.Text{NL: "Laat een bewaartermijn vaststellen en zet hem in het protocol (retention.max).", FR: "Faites fixer une durée de conservation et inscrivez-la au protocole (retention.max).", EN: "Have a retention period decided and enter it in the protocol (retention.max)."},
			})
			continue
		}
		if len(list) == 0 {
			s.add("device", Finding{
				Target: Target{Camera: c.ID}, Why: k.why, Status: Pass, Evidence: []Evidence{{Kind: "setting", Value: "recordings", Numbers: map[string]float64{"recordings": 0}, Collected: at}},
				Text: say("Camera %s meldt geen eigen opnames.", "La caméra %s n'indique aucun enregistrement propre.", "Camera %s tells of no recordings of its own.", c.ID),
			})
		}
		for _, r := range list {
			s.deviceAge(k, r)
			s.deviceSetting(k, r)
		}
	}
}

// kept is what the recordings of one camera are held against.
type kept struct {
	c     policy.Camera
	q     policy.Processing
	limit policy.Duration
	from  policy.Text // who says so
	at    time.Time   // when the device told
	skew  devices.Value[time.Duration]
	why   Why
}

// idleAndEmpty tells that nothing is kept and nothing is being added.
func idleAndEmpty(r devices.Recording) bool {
	on, known := r.Active.Get()
	oldest, told := r.Oldest.Get()
	return known && !on && told && oldest.IsZero()
}

// deviceAge judges the oldest of a recording on a device. Its age is as good
// as the device's clock: by how far that is off, either answer may be wrong.
func (s *sheet) deviceAge(k kept, r devices.Recording) {
	const aspect = "device"
	target, loc := Target{Camera: k.c.ID, Subject: r.Token}, s.clockZone()
	f := Finding{Target: target, Why: k.why, Status: Unproven, Remedy: s.rule.Remedy}
	oldest, known := r.Oldest.Get()
	skew, clock := k.skew.Get()
	switch {
	case !known:
		f.Text = say("Hoe oud de oudste opname in camera %s is, is niet aangetoond: %s.", "L'ancienneté du plus ancien enregistrement dans la caméra %s n'est pas prouvée: %s.", "How old the oldest recording in camera %s is, is unproven: %s.", k.c.ID, words(r.Oldest.Why()))
		f.Remedy = lookAtDevice()
	case oldest.IsZero():
		f.Severity = Medium
		f.Text = say("Camera %s zegt van een opname niet hoe oud zij is; of zij leeg is, is niet aangetoond.", "La caméra %s n'indique pas l'ancienneté d'un enregistrement; rien ne prouve qu'il est vide.", "Camera %s does not say of a recording how old it is; whether it is empty is unproven.", k.c.ID)
		f.Remedy = lookAtDevice()
	case !clock:
		f.Text = say("De oudste opname in camera %s is volgens het apparaat van %s, maar zijn klok is niet te lezen (%s): haar leeftijd zegt niets.", "Selon l'appareil, le plus ancien enregistrement dans la caméra %s date du %s, mais son horloge est illisible (%s): son ancienneté ne dit rien.", "By the device the oldest recording in camera %s is of %s, but its clock cannot be read (%s): its age says nothing.", k.c.ID, localTime(oldest, loc), words(k.skew.Why()))
		f.Remedy = deviceClock()
	default:
		f = s.deviceDated(k, f, oldest, skew)
	}
	s.add(aspect, f)
}

func deviceClock() policy.Text {
	return policy.Text{NL: "Zet de klok van de camera gelijk en laat hem synchroniseren (NTP).", FR: "Réglez l'horloge de la caméra et faites-la synchroniser (NTP).", EN: "Set the camera's clock right and have it synchronised (NTP)."}
}

// deviceDated completes the finding on a recording whose oldest item is known.
func (s *sheet) deviceDated(k kept, f Finding, oldest time.Time, skew time.Duration) Finding {
	loc, off := s.clockZone(), skew.Abs()
	until := k.limit.After(oldest.In(loc))
	end := k.q.Retention.Grace.After(until)
	f.Evidence = []Evidence{{
		Kind: "text", Value: "oldest recording on the device " + oldest.UTC().Format(time.RFC3339) + ", limit " + k.limit.String(),
		Numbers: map[string]float64{"age_days": float64(int(s.Now.Sub(oldest).Hours()/24*10)) / 10, "clock_off_seconds": skew.Seconds()}, Collected: k.at,
	}}
	switch {
	case oldest.After(s.Now.Add(clockTolerance)):
		f.Text = say("De oudste opname in camera %s draagt een tijd in de toekomst (%s): haar leeftijd zegt niets.", "Le plus ancien enregistrement dans la caméra %s porte une heure future (%s): son ancienneté ne dit rien.", "The oldest recording in camera %s bears a time to come (%s): its age says nothing.", k.c.ID, localTime(oldest, loc))
		f.Remedy = deviceClock()
	case s.Now.Add(-off).After(end):
		f.Status, f.Since = Fail, until
		f.Text = say("Camera %s heeft zelf een opname van %s. Die mocht blijven tot %s (%s, %s) en is te oud. Of een dossier haar vasthoudt, weet het apparaat niet.", "La caméra %s a elle-même un enregistrement du %s. Il pouvait rester jusqu'au %s (%s, %s) et est trop ancien. L'appareil ne sait pas si un dossier le retient.", "Camera %s itself has a recording of %s. It could stay until %s (%s, %s) and is over age. Whether a case holds it the device does not know.", k.c.ID, localTime(oldest, loc), localTime(until, loc), period(k.limit), k.from)
		f.Remedy = policy.Text{NL: "Stel in het apparaat een bewaartermijn in, en wis wat te oud is. Wat voor een incident nodig is, komt eerst onder een dossier.", FR: "Réglez une durée de conservation dans l'appareil et effacez ce qui est trop ancien. Ce qu'exige un incident est d'abord versé à un dossier.", EN: "Set a retention period in the device, and erase what is over age. What an incident needs goes under a case first."}
	case s.Now.Add(off).After(end):
		f.Text = say("Of de oudste opname in camera %s (%s) te oud is, is niet te zeggen: de klok van het apparaat loopt %s verkeerd.", "Impossible de dire si le plus ancien enregistrement dans la caméra %s (%s) est trop ancien: l'horloge de l'appareil est décalée de %s.", "Whether the oldest recording in camera %s (%s) is over age cannot be told: the device's clock is off by %s.", k.c.ID, localTime(oldest, loc), policy.Duration{Time: off.Round(time.Second)})
		f.Remedy = deviceClock()
	case s.Now.After(until):
		f.Status, f.Due, f.Remedy = Pass, end, policy.Text{}
		f.Text = say("De oudste opname in camera %s is van %s; haar termijn (%s, %s) is voorbij, en zij moet uiterlijk %s gewist zijn.", "Le plus ancien enregistrement dans la caméra %s date du %s; sa durée (%s, %s) est écoulée, et il doit être effacé au plus tard le %s.", "The oldest recording in camera %s is of %s; its period (%s, %s) is over, and it must be erased by %s.", k.c.ID, localTime(oldest, loc), period(k.limit), k.from, localTime(end, loc))
	default:
		f.Status, f.Due, f.Remedy = Pass, until, policy.Text{}
		f.Text = say("De oudste opname in camera %s is van %s; zij mag blijven tot %s (%s, %s).", "Le plus ancien enregistrement dans la caméra %s date du %s; il peut rester jusqu'au %s (%s, %s).", "The oldest recording in camera %s is of %s; it may stay until %s (%s, %s).", k.c.ID, localTime(oldest, loc), localTime(until, loc), period(k.limit), k.from)
	}
	return f
}

// deviceSetting judges what a device is set to keep. Zero is for ever.
func (s *sheet) deviceSetting(k kept, r devices.Recording) {
	const aspect = "device-setting"
	limit := setLimit(k.q, k.limit)
	f := Finding{Target: Target{Camera: k.c.ID, Subject: r.Token}, Why: k.why}
	f.Remedy = say("Stel het apparaat in op ten hoogste %s; voor een maand is dat 28 dagen.", "Réglez l'appareil sur au plus %s; pour un mois, cela fait 28 jours.", "Set the device to at most %s; for a month that is 28 days.", period(limit))
	got, known := r.Retention.Get()
	days := got.Hours() / 24
	if known {
		f.Evidence = []Evidence{{Kind: "setting", Value: "maximum retention", Numbers: map[string]float64{"days": days}, Collected: k.at}}
	}
	switch {
	case r.Retention.IsNotSupported():
		f.Status, f.Remedy = NotApplicable, policy.Text{}
		f.Text = say("Camera %s heeft geen eigen bewaartermijn om in te stellen; de leeftijd van de oudste opname telt.", "La caméra %s n'a pas de durée de conservation réglable; c'est l'ancienneté du plus ancien enregistrement qui compte.", "Camera %s has no retention setting of its own; the age of its oldest recording counts.", k.c.ID)
	case !known:
		f.Status = Unproven
		f.Text = say("Hoe lang camera %s zelf bewaart is niet aangetoond: %s.", "La durée de conservation dans la caméra %s n'est pas prouvée: %s.", "How long camera %s itself keeps recordings is unproven: %s.", k.c.ID, words(r.Retention.Why()))
	case got > 0 && !(policy.Duration{Time: got}).Exceeds(limit):
		f.Status, f.Remedy = Pass, policy.Text{}
		f.Text = say("Camera %s wist haar eigen opnames na %s dagen, nooit later dan %s. Wat elders staat wist zij niet.", "La caméra %s efface ses enregistrements après %s jours, jamais plus tard que %s. Elle n'efface pas ce qui se trouve ailleurs.", "Camera %s erases its own recordings after %s days, never later than %s. What is elsewhere it does not erase.", k.c.ID, trimmed(days), period(limit))
	case idleAndEmpty(r):
		f.Status, f.Remedy = NotApplicable, policy.Text{}
		f.Text = say("Camera %s neemt zelf niets op en meldt geen inhoud; hoe lang zij zou bewaren telt pas als zij opneemt.", "La caméra %s n'enregistre rien elle-même et n'indique aucun contenu; sa durée de conservation ne comptera que si elle enregistre.", "Camera %s itself records nothing and tells of no content; how long it would keep counts once it records.", k.c.ID)
	case got <= 0:
		f.Status = Fail
		f.Text = say("Camera %s wist haar eigen opnames nooit: de bewaartermijn staat op 0, en dat betekent onbeperkt.", "La caméra %s n'efface jamais ses enregistrements: la durée est réglée sur 0, c'est-à-dire illimitée.", "Camera %s never erases its own recordings: its retention is set to 0, which means unlimited.", k.c.ID)
	default:
		f.Status, f.Severity = Fail, High
		f.Text = say("Camera %s bewaart haar eigen opnames %s dagen, wat langer kan zijn dan %s.", "La caméra %s conserve ses enregistrements %s jours, ce qui peut dépasser %s.", "Camera %s keeps its own recordings for %s days, which can be longer than %s.", k.c.ID, trimmed(days), period(limit))
	}
	s.add(aspect, f)
}

// setLimit is the longest that a device may be set to.
func setLimit(q policy.Processing, limit policy.Duration) policy.Duration {
	if set := q.Retention.DeviceSet; !set.IsZero() && !set.Exceeds(limit) {
		return set
	}
	return limit
}
