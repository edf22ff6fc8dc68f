package httpapi

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// ETag returns the entity tag of a version.
func ETag(version int64) string {
	return strconv.Quote(strconv.FormatInt(version, 10))
}

// Preconditions are the entity tags of an If-Match or If-None-Match header.
type Preconditions struct {
	// Any is set by "*", which every version matches.
	Any bool
	// Present says whether there was a header at all.
	Present bool

	tags []entityTag
}

type entityTag struct {
	text string // without quotes
	weak bool
}

// ParsePreconditions reads the value of the header of that name. A value that
// breaks RFC 9110 is a problem, since a condition must not be passed over.
func ParsePreconditions(name, value string) (Preconditions, error) {
	value = strings.Trim(value, " \t")
	if value == "" {
		return Preconditions{}, nil
	}
	if value == "*" {
		return Preconditions{Present: true, Any: true}, nil
	}
	tags, err := parseEntityTags(value)
	if err != nil {
		return Preconditions{}, Invalid(taskapi.FieldError{Field: name, Code: taskapi.FieldFormat, Message: `must be * or entity tags such as "3", "4"`})
	}
	return Preconditions{Present: true, tags: tags}, nil
}

var errEntityTags = errors.New("not a list of entity tags")

// parseEntityTags reads a list as RFC 9110, section 8.8.3 writes it. Empty
// elements are allowed there.
func parseEntityTags(list string) (tags []entityTag, err error) {
	for {
		list = strings.TrimLeft(list, " \t,")
		if list == "" {
			break
		}
		var tag entityTag
		list, tag.weak = strings.CutPrefix(list, "W/")
		rest, quoted := strings.CutPrefix(list, `"`)
		text, behind, closed := strings.Cut(rest, `"`)
		if !quoted || !closed || strings.ContainsFunc(text, notInTag) {
			return nil, errEntityTags
		}
		tag.text = text
		tags = append(tags, tag)
		list = strings.TrimLeft(behind, " \t")
		if list != "" && list[0] != ',' {
			return nil, errEntityTags
		}
	}
	if len(tags) == 0 {
		return nil, errEntityTags
	}
	return tags, nil
}

// notInTag reports whether a character may not stand in an entity tag.
func notInTag(r rune) bool { return r < 0x21 || r == 0x7f }

// Versions returns the versions of an If-Match, nil where any will do. A weak
// tag and one that we never made match no version.
func (p Preconditions) Versions() []int64 {
	if !p.Present || p.Any {
		return nil
	}
	versions := []int64{}
	for _, tag := range p.tags {
		if n, err := strconv.ParseInt(tag.text, 10, 64); err == nil && !tag.weak && ETag(n) == strconv.Quote(tag.text) {
			versions = append(versions, n)
		}
	}
	return versions
}

// Match reports whether an If-None-Match names the version. There, weak tags
// count.
func (p Preconditions) Match(version int64) bool {
	if p.Any {
		return true
	}
	return slices.ContainsFunc(p.tags, func(tag entityTag) bool { return strconv.Quote(tag.text) == ETag(version) })
}
