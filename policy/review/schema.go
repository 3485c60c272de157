package review

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// SchemaID is the name of the schema; it is no address that anything is fetched from.
const SchemaID = "urn:lensdop:protocol:v1"

//go:embed protocol.schema.json
var published []byte

// Published returns the JSON Schema as it comes with Lensdop: what Schema
// makes. The caller owns the copy.
func Published() []byte { return slices.Clone(published) }

// Schema makes the JSON Schema (2020-12) of a protocol file for editors, from
// the types. It refuses unknown keys, wrong types and shapes, and words that
// are not of their list; names that must exist, and values that must make
// sense together, are for policy.Check. What it refuses, policy.Check refuses.
//
// A file may hold a part of a protocol only, so at the top nothing but
// apiVersion, kind and metadata.id is required. A key without a value counts
// as absent, everywhere but in a list. The error is that of encoding, or a
// type that has no rule.
func Schema() ([]byte, error) {
	s := &schemer{Words: Load()}
	defs := object{}
	for name, t := range types() {
		if name != "Protocol" {
			defs[name] = s.block(t)
		}
	}
	defs["Basis"] = object{
		"description": s.help("Protocol", "basis"),
		"anyOf": []any{
			object{"enum": []any{policy.BasisAssumed, policy.BasisLaw}},
			object{"type": "object", "additionalProperties": object{"enum": []any{policy.BasisAssumed, policy.BasisLaw}}},
			object{"type": "null"},
		},
	}
	defs["Point"] = object{
		"description": "A corner [x, y], as fractions of the picture from the top left.",
		"type":        "array", "items": object{"type": "number", "minimum": 0, "maximum": 1}, "minItems": 2, "maxItems": 2,
	}
	root := s.block(reflect.TypeFor[policy.Protocol]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = SchemaID
	root["title"] = "Lensdop camera protocol"
	root["description"] = "A written camera protocol as a file. Several files may make one protocol."
	root["$defs"] = defs
	if len(s.unknown) > 0 {
		return nil, fmt.Errorf("no schema for %v", s.unknown)
	}
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

type object = map[string]any

type schemer struct {
	*Words

	unknown []string
}

func (s *schemer) help(typ, key string) string {
	l, ok := s.Label(typ, key)
	if !ok {
		s.unknown = append(s.unknown, typ+"."+key)
	}
	return l.Name.EN + ": " + l.Help.EN
}

// block is the schema of a type with keys.
func (s *schemer) block(t reflect.Type) object {
	keys := object{}
	for _, f := range fieldsOf(t) {
		keys[f.key] = s.field(f)
	}
	if t != reflect.TypeFor[policy.Text]() {
		keys["ref"] = object{"description": s.help(t.Name(), "ref"), "type": []any{"string", "null"}}
		keys["note"] = object{"description": s.help(t.Name(), "note"), "type": []any{"string", "null"}}
		keys["basis"] = object{"$ref": "#/$defs/Basis"}
	}
	out := object{"type": "object", "properties": keys, "additionalProperties": false}
	if required := requiredKeys(t.Name()); len(required) > 0 {
		out["required"] = required
	}
	return out
}

// requiredKeys lists what every block of a type must say, in every file.
func requiredKeys(typ string) []string {
	return map[string][]string{
		"Protocol":         {"apiVersion", "kind", "metadata"},
		"Metadata":         {"id"},
		"Law":              {"id", "text"},
		"Consultation":     {"body"},
		"Guideline":        {"id"},
		"Processing":       {"id", "name"},
		"Purpose":          {"id", "text"},
		"Use":              {"id", "text"},
		"Recipient":        {"id"},
		"Hold":             {"id"},
		"Role":             {"id", "name"},
		"Permission":       {"role"},
		"AccessStep":       {"step"},
		"Site":             {"id", "name"},
		"Zone":             {"id"},
		"Network":          {"interface", "subnet"},
		"Device":           {"id", "site"},
		"Camera":           {"id", "site", "zone"},
		"CameraView":       {"id", "preset"},
		"Channel":          {"device"},
		"Mask":             {"id", "polygon"},
		"Area":             {"id", "polygon"},
		"Reader":           {"id", "site", "zone", "port", "frame"},
		"Store":            {"id", "kind"},
		"Button":           {"id", "site"},
		"Sign":             {"id", "site", "at"},
		"Notice":           {"id", "audience"},
		"Consent":          {"id", "kind"},
		"Template":         {"id", "reason"},
		"Recurring":        {"id", "rule", "first", "from", "until"},
		"RecordedDecision": {"id", "date", "by", "text"},
		"RuleException":    {"rule", "because"},
		"Attestation":      {"rule", "text", "owner"},
		"Waiver":           {"id", "rule", "justification", "approved_by", "issued", "expires"},
		"Conflict":         {"id", "text", "resolve"},
	}[typ]
}

// field is the schema of what stands under a key, with its description.
func (s *schemer) field(f field) object {
	out := s.value(f, f.value)
	out["description"] = s.help(f.typ, f.key)
	return out
}

// value is the schema of a value that may be absent (null).
func (s *schemer) value(f field, t reflect.Type) object {
	switch {
	case t.Kind() == reflect.Pointer:
		return s.value(f, t.Elem())
	case isBlock(t) || t == reflect.TypeFor[policy.Text]():
		return object{"anyOf": []any{object{"$ref": "#/$defs/" + t.Name()}, object{"type": "null"}}}
	case t.Kind() == reflect.Slice:
		return object{"type": []any{"array", "null"}, "items": s.item(f, t.Elem())}
	case t.Kind() == reflect.Map:
		return object{"type": []any{"object", "null"}, "additionalProperties": object{"type": []any{"array", "null"}, "items": object{"type": "string"}}}
	default:
		out := s.scalar(f, t)
		if words, ok := out["enum"].([]any); ok {
			out["enum"] = append(words, nil)
			return out
		}
		if kinds, ok := out["type"].([]any); ok {
			out["type"] = append(kinds, "null")
		} else {
			out["type"] = []any{out["type"], "null"}
		}
		return out
	}
}

// item is the schema of an entry of a list, which cannot be absent.
func (s *schemer) item(f field, t reflect.Type) object {
	switch {
	case isBlock(t), t == reflect.TypeFor[devices.Point]():
		return object{"$ref": "#/$defs/" + t.Name()}
	default:
		return s.scalar(f, t)
	}
}

func (s *schemer) scalar(f field, t reflect.Type) object {
	pattern := func(p string) object { return object{"type": "string", "pattern": p} }
	switch t {
	case reflect.TypeFor[policy.Date]():
		return pattern(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)
	case reflect.TypeFor[policy.Duration]():
		out := pattern(`^P([0-9]{1,4}Y)?([0-9]{1,4}M)?([0-9]{1,4}W)?([0-9]{1,4}D)?(T([0-9]{1,5}H)?([0-9]{1,5}M)?([0-9]{1,5}S)?)?$`)
		out["allOf"] = []any{object{"pattern": `[YMWDHS]$`}} // neither P nor P1DT
		return out
	case reflect.TypeFor[policy.Clock]():
		return pattern(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	case reflect.TypeFor[policy.Hash]():
		return pattern(`^sha256:[0-9a-f]{64}$`)
	case reflect.TypeFor[policy.Source]():
		return object{"type": []any{"integer", "string"}, "minimum": 1, "maximum": 64}
	default:
	}
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.String:
		codes, closed := s.Known(f.typ, f.key)
		words := []any{}
		for _, c := range codes {
			words = append(words, c)
		}
		switch {
		case closed:
			return object{"enum": words}
		case f.key == "id":
			out := pattern(`^[a-z0-9][a-z0-9-]{0,62}$`)
			if f.typ == "Earlier" { // another protocol's id is its own affair
				out = object{"type": "string"}
			}
			return out
		case len(words) > 0:
			return object{"type": "string", "examples": words}
		default:
			return object{"type": "string"}
		}
	default:
		s.unknown = append(s.unknown, f.name())
		return object{}
	}
}
