package sim

import (
	"slices"
	"strconv"
)

const analyticsService = "/onvif/analytics_service"

// Module is an analytics module or a rule that is switched on.
type Module struct {
	// Name is the device's own; Type is a type of the ONVIF schema without
	// its prefix, for example CellMotionEngine or LineDetector.
	Name, Type string
	// Parameters are simple items, in this order.
	Parameters []Parameter
}

// Parameter is one setting of a Module.
type Parameter struct{ Name, Value string }

func configs(name string, list []Module) []elem {
	var out []elem
	for _, m := range list {
		p := el("tt:Parameters")
		for _, v := range m.Parameters {
			p.kids = append(p.kids, el("tt:SimpleItem", attr{"Name", v.Name}, attr{"Value", v.Value}))
		}
		out = append(out, el(name, attr{"Name", m.Name}, attr{"Type", "tt:" + m.Type}, p))
	}
	return out
}

// hasAnalytics tells that the device has the service, with or without modules.
func (d *Device) hasAnalytics() bool { return d.cam.Analytics != nil || d.cam.Rules != nil }

// analyticsElem is the analytics configuration of a lens as the profiles name it.
func (d *Device) analyticsElem(name string, lens int) elem {
	if !d.hasAnalytics() {
		return elem{}
	}
	return el(name, attr{"token", "vac_" + strconv.Itoa(lens)}, el("tt:Name", "Analytics"), el("tt:UseCount", len(d.paths())),
		el("tt:AnalyticsEngineConfiguration", configs("tt:AnalyticsModule", d.cam.Analytics)),
		el("tt:RuleEngineConfiguration", configs("tt:Rule", d.cam.Rules)))
}

func (d *Device) analyticsOps() service {
	if !d.hasAnalytics() {
		return service{}
	}
	capabilities := el("tan:Capabilities", attr{"RuleSupport", strconv.FormatBool(d.cam.Rules != nil)}, attr{"AnalyticsModuleSupport", "true"},
		attr{"CellBasedSceneDescriptionSupported", "false"})
	of := func(answer string, kids func() []elem) operation {
		return operation{in: "ConfigurationToken", do: func(q *request) (elem, *soapFault) {
			if _, f := d.lensOf(q.value(nsTAN, "ConfigurationToken"), "vac_"); f != nil {
				return elem{}, noConfig("there is no such analytics configuration")
			}
			return el(answer, kids()), nil
		}}
	}
	described := func(name string, list []Module) []elem {
		var out []elem
		for _, m := range list {
			kind := attr{"Name", "tt:" + m.Type}
			if !slices.ContainsFunc(out, func(e elem) bool { return e.attrs[0] == kind }) {
				out = append(out, el(name, kind, el("tt:Parameters")))
			}
		}
		return out
	}
	ops := map[string]operation{
		"GetServiceCapabilities": {open: true, do: func(*request) (elem, *soapFault) {
			return el("tan:GetServiceCapabilitiesResponse", capabilities), nil
		}},
		"GetAnalyticsModules": of("tan:GetAnalyticsModulesResponse", func() []elem { return configs("tan:AnalyticsModule", d.cam.Analytics) }),
		"GetSupportedAnalyticsModules": of("tan:GetSupportedAnalyticsModulesResponse", func() []elem {
			return []elem{el("tan:SupportedAnalyticsModules", described("tt:AnalyticsModuleDescription", d.cam.Analytics))}
		}),
	}
	if d.cam.Rules != nil {
		ops["GetRules"] = of("tan:GetRulesResponse", func() []elem { return configs("tan:Rule", d.cam.Rules) })
		ops["GetSupportedRules"] = of("tan:GetSupportedRulesResponse", func() []elem {
			return []elem{el("tan:SupportedRules", described("tt:RuleDescription", d.cam.Rules))}
		})
	}
	return service{path: analyticsService, namespace: nsTAN, capabilities: capabilities, ops: ops}
}
