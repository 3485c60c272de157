package review

import "github.com/lensdop/lensdop/policy"

func placeRules() map[string]rule {
	return map[string]rule{
		"Site.id":           text(),
		"Site.name":         text().approved(), // people know the place by it
		"Site.address":      text().approved(), // another place under the same id
		"Site.timezone":     text().approved(), // windows move
		"Site.zones":        listOf(Looser).judged(newZone).approvedMembers(),
		"Site.networks":     listOf(Stricter), // devices on it are found
		"Site.live_view":    from(policy.Denied, policy.Allowed).approved(),
		"Zone.id":           text(),
		"Zone.name":         text().approved(), // it says what may be seen
		"Zone.allowed":      more(Looser).withoutMeans("true").approved(),
		"Network.interface": text(),
		"Network.subnet":    text().approved(),

		"Device.id":         text(),
		"Device.site":       text().approved(),
		"Device.identity":   block().approved(),
		"Device.model":      text(),
		"Device.firmware":   block(),
		"Device.services":   setOf(Looser).whenUnsaid(Looser),
		"Device.sessions":   more(Different),
		"Device.accounts":   setOf(Looser).whenUnsaid(Looser),
		"Identity.endpoint": saidText(),
		"Identity.serial":   saidText(),
		"Identity.mac":      saidText(),
		"Firmware.at_least": saidText().approved(), // versions of vendors have no order that holds for all

		"CameraDefaults.processing": text().approved(),
		"CameraDefaults.type":       from(policy.CameraFixed, policy.CameraPTZ).withoutMeans(policy.CameraPTZ).approved(), // unsaid, it may turn
		"CameraDefaults.sound":      from(policy.SoundForbidden, policy.SoundAllowed).withoutMeans(policy.SoundForbidden).approved(),
		"CameraDefaults.view":       block(),
		"CameraDefaults.max_detail": atMost(),
		"CameraDefaults.services":   setOf(Looser).whenUnsaid(Looser),
		"CameraDefaults.analytics":  setOf(Looser).approved(),
		"CameraDefaults.methods":    setOf(Different).approved().inOrder(),
		"CameraDefaults.required":   setOf(Stricter).whenUnsaid(Different).approved(), // unsaid means all of them
		"CameraDefaults.sessions":   more(Different),
		"CameraDefaults.firmware":   block(),
		"ViewLimits.max_shift":      more(Looser),
		"ViewLimits.resurvey_every": atMost(),

		"Camera.id":           text(),
		"Camera.site":         text().approved(),
		"Camera.zone":         text().approved(),
		"Camera.mounted":      text().approved(),
		"Camera.sees":         setOf(Looser).approved(), // it also decides which windows cover the camera
		"Camera.device":       text().approved(),
		"Camera.identity":     block().approved(),
		"Camera.source":       text().approved(),
		"Camera.type":         from(policy.CameraFixed, policy.CameraPTZ).withoutMeans(policy.CameraPTZ).approved(),
		"Camera.processing":   text().approved(),
		"Camera.sound":        from(policy.SoundForbidden, policy.SoundAllowed).withoutMeans(policy.SoundForbidden).approved(),
		"Camera.location":     saidText(),
		"Camera.masks":        listOf(Stricter).approved(),
		"Camera.ignore":       listOf(Looser), // less of the picture is checked
		"Camera.view":         block(),
		"Camera.views":        listOf(Looser).approved(),
		"Camera.park":         text().approved(),
		"Camera.shutter":      block().approved(),
		"Camera.channels":     listOf(Stricter).approved(), // more of what shows the camera is checked
		"Camera.max_detail":   atMost(),
		"Camera.services":     setOf(Looser).whenUnsaid(Looser),
		"Camera.analytics":    setOf(Looser).approved(),
		"Camera.sign":         saidText(),
		"Camera.methods":      setOf(Different).approved().inOrder(),
		"Camera.required":     setOf(Stricter).approved(),
		"Camera.firmware":     block(),
		"Camera.sample_every": atMost(),
		"Camera.sessions":     more(Different),
		"Camera.first_use":    more(Different).approved(),
		"Camera.temporary":    block().approved(),
		"Camera.hidden":       block().approved(),
		"Mask.id":             text(),
		"Mask.polygon":        polygon(Stricter),
		"Mask.liftable":       more(Looser),
		"Area.id":             text(),
		"Area.polygon":        polygon(Looser),
		"CameraView.id":       text(),
		"CameraView.preset":   text(),
		"CameraView.name":     text(),
		"CameraView.sees":     setOf(Looser),
		"CameraView.masks":    listOf(Stricter),
		"CameraView.ignore":   listOf(Looser),
		"Shutter.contact":     text().approved(),
		"Shutter.inverted":    more(Different).approved(),
		"Channel.device":      text(),
		"Channel.source":      text(),
		"Temporary.until":     atMost(),
		"Temporary.reason":    text(),
		"Hidden.reason":       text().whenGone(Stricter), // the mark itself: people cannot see the camera
		"Hidden.from":         more(Stricter).whenGone(Looser),
		"Hidden.until":        atMost(),
		"Hidden.approved_by":  saidText(),
		"Hidden.dpia":         more(Different).whenGone(Looser),

		"Reader.id":            text(),
		"Reader.site":          text().approved(),
		"Reader.zone":          text().approved(),
		"Reader.port":          text(),
		"Reader.frame":         text(),
		"Reader.baud":          more(Different),
		"Reader.processing":    text().approved(),
		"Reader.transport":     text().approved(),
		"Reader.format":        text().approved(),
		"Reader.keeps":         setOf(Looser).approved(),
		"Reader.biometrics":    more(Looser).approved(),
		"Reader.first_use":     more(Different).approved(),
		"Store.id":             text(),
		"Store.site":           text().approved(),
		"Store.kind":           text().approved(),
		"Store.name":           text(),
		"Store.processing":     text().approved(),
		"Store.location":       text().approved(),
		"Store.path":           saidText().approved(), // without it ages cannot be read
		"Store.encrypted":      more(Stricter),
		"Store.retention":      atMost(),
		"Button.id":            text(),
		"Button.site":          text().approved(),
		"Button.zone":          text().approved(),
		"Button.processing":    text().approved(),
		"Button.line":          saidText(),
		"Button.test_every":    atMost(),
		"Discovery.scan_every": atMost(),
	}
}

func coveringRules() map[string]rule {
	return map[string]rule{
		"Blackout.obligation": from(policy.ObligationMust, policy.ObligationMay, policy.ObligationNone).approved(),
		"Blackout.decided_by": setOf(Stricter).approved(), // fewer who may cover: less is covered
		"Blackout.reasons":    setOf(Stricter).approved(),
		"Blackout.templates":  listOf(Stricter).judged(newTemplate).approved(),
		"Blackout.windows":    listOf(Stricter).approved(),
		"Blackout.proof":      block(),
		"Blackout.limits":     block().approved(),
		"Blackout.uncovered":  block(),
		"Blackout.restored":   block(),

		"Template.id":               text(),
		"Template.enabled":          more(Stricter).withoutMeans("true"),
		"Template.name":             text(),
		"Template.reason":           text(),
		"Template.legal_reason":     text(),
		"Template.zones":            setOf(Stricter),
		"Template.covered_from":     more(Looser).whenGone(Looser),
		"Template.earliest_release": more(Stricter).whenGone(Looser),
		"Template.days":             more(Stricter),
		"Template.release_by":       setOf(Looser),
		"Template.signatures":       more(Stricter),
		"Template.statement":        saidText(),
		"Template.also_block":       setOf(Stricter),
		"Template.polling_places":   text(),

		"Recurring.id":    text(),
		"Recurring.name":  text(),
		"Recurring.sites": setOf(Stricter).whenGone(Stricter), // none means all
		"Recurring.zones": setOf(Stricter).whenGone(Stricter),
		// Cameras that are named stand for themselves, whatever sites and zones say.
		"Recurring.cameras": setOf(Stricter).whenGone(Different),
		"Recurring.rule":    text(),
		"Recurring.first":   more(Looser),
		"Recurring.last":    more(Stricter).whenGone(Stricter),
		"Recurring.except":  setOf(Looser),
		"Recurring.from":    {kind: kindWindow, up: Looser, gone: Different},
		"Recurring.until":   {kind: kindWindow, up: Stricter, gone: Different},

		"RecordedDecision.id":       text(),
		"RecordedDecision.date":     more(Different),
		"RecordedDecision.by":       text(),
		"RecordedDecision.text":     text(),
		"RecordedDecision.document": block(),
		"RecordedDecision.waiver":   text(),
		"RecordedDecision.cover":    block(),
		"RecordedCover.template":    saidText(),
		"RecordedCover.site":        saidText(),
		"RecordedCover.first":       more(Looser).whenGone(Looser),
		"RecordedCover.last":        more(Stricter).whenGone(Looser),

		"Proof.sample_every": atMost(),
		"Proof.max_gap":      atMost(),
		"Proof.checkpoint":   atMost(),
		"Proof.report_to":    setOf(Stricter),
		"Limits.one_off":     more(Stricter), // longer covered; but covering is also an attack
		"Limits.sites":       more(Different),
		"Reaction.within":    atMost(),
		"Reaction.severity":  from("critical", "high", "medium", "low").withoutMeans("low"),
	}
}

func checkingRules() map[string]rule {
	return map[string]rule{
		"RuleChoice.except":     listOf(Looser),
		"RuleException.rule":    text(),
		"RuleException.because": text(),

		"Attestation.rule":     text(),
		"Attestation.text":     text().approved(),
		"Attestation.owner":    saidText().approved(), // who answers for it
		"Attestation.site":     text(),
		"Attestation.every":    atMost(),
		"Attestation.once":     more(Looser),
		"Attestation.date":     done(),
		"Attestation.document": block(),
		"Attestation.expires":  atMost(),

		"Waiver.id":            text(),
		"Waiver.rule":          text(),
		"Waiver.target":        block(),
		"Waiver.justification": text(),
		"Waiver.approved_by":   setOf(Stricter),
		"Waiver.issued":        more(Different),
		"Waiver.expires":       atMost(),
		"WaiverTarget.site":    saidText(), // what is empty is not narrowed
		"WaiverTarget.camera":  saidText(),
		"WaiverTarget.reader":  saidText(),
		"WaiverTarget.zone":    saidText(),
		"WaiverTarget.store":   saidText(),

		"Conflict.id":       text(),
		"Conflict.code":     text(),
		"Conflict.text":     text(),
		"Conflict.resolve":  text(),
		"Conflict.severity": text(),

		"Alerts.critical":  setOf(Stricter),
		"Alerts.high":      setOf(Stricter),
		"Alerts.medium":    setOf(Stricter),
		"Alerts.low":       setOf(Stricter),
		"Alerts.addresses": setOf(Stricter),

		"AgentRestrictions.store_frames":   saidText(),
		"AgentRestrictions.show_frames_to": setOf(Looser),
	}
}
