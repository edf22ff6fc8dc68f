package taskapi

import "testing"

func TestIsBlank_FindsOnlyInvisibleTexts(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an empty text": "", "spaces": " \t\n\u00a0\u1680\u2003\u3000\u2028", "a zero width space": "\u200b", "a byte order mark": "\ufeff",
		"a Braille blank": "\u2800", "a soft hyphen": "\u00ad", "joiners": "\u200c\u200d\u2060\u034f", "directions": "\u200e\u200f\u202e\u2066\u061c",
		"Hangul fillers": "\u115f\u1160\u3164\uffa0", "invisible Khmer vowels": "\u17b4\u17b5", "a Mongolian separator": "\u180e",
		"variation selectors": "\ufe0f\U000e0100", "tags": "\U000e0041\U000e007f", "an accent alone": "\u0301\u20dd", "a vowel sign alone": "\u093e",
		"control characters": "\u0001\u007f\u0085", "annotations": "\ufff9\ufffb", "a musical blank": "\U0001d159", "hieroglyphic blanks": "\U00013441",
		"all together": " \u200b\u2800\u3164\ufe0f ",
	} {
		if !IsBlank(text) {
			t.Errorf("%s (%+q) is not blank", name, text)
		}
	}
	for name, text := range map[string]string{
		"a letter": "a", "a digit": "0", "a dot": ".", "an emoji": "🎉", "a joined emoji": "👩\u200d👧", "a letter with an accent": "e\u0301",
		"a letter between others": "\u200b東\ufeff", "Hangul": "\u1112\u1161", "a Braille letter": "\u2801", "a prepended number sign": "\u0600",
		"a replacement character": "\ufffd", "a character for private use": "\ue000", "a symbol": "\u2713", "a syllable": "\u0915\u093e",
	} {
		if IsBlank(text) {
			t.Errorf("%s (%+q) is blank", name, text)
		}
	}
}

func TestTagKey_IgnoresCaseAndInvisibleCharacters(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"home", "Home", "HOME"},
		{"größe", "GRÖSSE", "GRÖẞE"},
		{"σίσυφος", "ΣΊΣΥΦΟΣ", "Σίσυφοσ"},
		{"ışık", "IŞIK", "işik", "İŞİK"},
		{"дом", "ДОМ"},
		{"❤\ufe0f", "❤"},
		{"foo\u200bbar", "foobar"},
		{"k", "K", "\u212a"},
		{"µ", "μ", "Μ"},
		{"ǆ", "ǅ", "Ǆ"},
		{"ა", "Ა"},
	} {
		for _, tag := range same {
			if got, want := TagKey(tag), TagKey(same[0]); got != want || TagKey(got) != got {
				t.Errorf("TagKey(%q) = %q, that of %q is %q", tag, got, same[0], want)
			}
		}
	}
	keys := map[string]string{}
	for _, tag := range []string{"cafe", "café", "ano", "año", "か", "が", "home", "home 2", "#home", "हद", "हिंदी", "🎉", "👩\u200d👧 a", ""} {
		if other, taken := keys[TagKey(tag)]; taken {
			t.Errorf("%q and %q have one key", tag, other)
		}
		keys[TagKey(tag)] = tag
	}
	if got := TagKey("Home"); got != "home" {
		t.Errorf("TagKey(Home) = %q", got)
	}
}
