package httpapi

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// ETag returns the strong entity tag of a resource's version, such as "3" with quotes.
func ETag(version int64) string {
	return strconv.Quote(strconv.FormatInt(version, 10))
}

// Preconditions are the entity tags of an If-Match or If-None-Match header.
type Preconditions struct {
	// Any is set by "*", which every version matches.
	Any bool
	// Present reports whether the request has the header.
	Present bool

	tags []entityTag
}

// entityTag is the text of a tag without quotes and W/.
type entityTag string

// ParsePreconditions parses the header name with the given value. An invalid value is
// an error, because ignoring a precondition is unsafe.
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

// parseEntityTags parses a list of entity tags (RFC 9110, section 8.8.3), which may have
// empty elements.
func parseEntityTags(list string) (tags []entityTag, err error) {
	for {
		list = strings.TrimLeft(list, " \t,")
		if list == "" {
			break
		}
		list = strings.TrimPrefix(list, "W/")
		rest, quoted := strings.CutPrefix(list, `"`)
		text, after, closed := strings.Cut(rest, `"`)
		if !quoted || !closed || strings.ContainsFunc(text, notInTag) {
			return nil, errEntityTags
		}
		tags = append(tags, entityTag(text))
		list = strings.TrimLeft(after, " \t")
		if list != "" && list[0] != ',' {
			return nil, errEntityTags
		}
	}
	if len(tags) == 0 {
		return nil, errEntityTags
	}
	return tags, nil
}

// notInTag reports whether r is invalid in an entity tag.
func notInTag(r rune) bool { return r < 0x21 || r == 0x7f }

// Versions returns the versions of the tags, sorted. It returns nil if there is no
// precondition or it is "*", and an empty slice if no tag is a version's.
func (p Preconditions) Versions() []int64 {
	if !p.Present || p.Any {
		return nil
	}
	versions := []int64{}
	for _, tag := range p.tags {
		if version, ok := tag.version(); ok {
			versions = append(versions, version)
		}
	}
	slices.Sort(versions)
	return slices.Compact(versions)
}

// Match reports whether the precondition includes the version.
func (p Preconditions) Match(version int64) bool {
	return p.Any || slices.Contains(p.Versions(), version)
}

// versionTags matches the tags that [ETag] makes, with or without the suffix that some
// proxies append when they compress a response.
var versionTags = regexp.MustCompile(`^([1-9][0-9]*)(?:[-;]{1,2}(?:gzip|gz|br|zstd|deflate))?$`)

// version returns the version of a tag. A weak tag has the version of the strong one,
// because proxies that compress responses make tags weak.
func (t entityTag) version() (int64, bool) {
	match := versionTags.FindStringSubmatch(string(t))
	if match == nil {
		return 0, false
	}
	version, err := strconv.ParseInt(match[1], 10, 64)
	return version, err == nil
}
