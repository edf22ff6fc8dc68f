-- Inserts the tasks numbered from $3 up to but not including $4. $1: the users' ids, $2: the
-- number of all tasks.
-- Users get tasks in turn, so that each user's are scattered over the table, as in
-- production.
INSERT INTO tasklane.tasks
	(user_id, id, seq, version, title, description, completed_at, priority, due_at, tags, position, created_at, updated_at, title_key, words)
SELECT
	($1::text[])[1 + n % cardinality($1::text[])],
	-- A UUID of version 7: the time of creation, then a hash.
	(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
	1 + n / cardinality($1::text[]),
	1,
	title,
	'The ones on the balcony too, and those of the neighbors while they are away.',
	CASE WHEN n % 3 = 0 THEN at END,
	(n % 5)::smallint,
	CASE WHEN n % 2 = 0 THEN at + interval '7 days' END,
	CASE n % 3 WHEN 0 THEN ARRAY[]::text[] WHEN 1 THEN ARRAY['home'] ELSE ARRAY['home', 'garden'] END,
	lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || substr(hash, 1, 9) || 'V',
	at, at,
	convert_to(lower(title), 'UTF8'),
	array_to_tsvector(ARRAY['the', 'ones', 'on', 'balcony', 'too', 'and', 'those', 'of', 'neighbors', 'while', 'they', 'are', 'away', verb, 'plants', n::text, '#2'])
FROM (
	SELECT n, md5(n::text) AS hash, verb, initcap(verb) || ' the plants ' || n AS title,
		now() - interval '300 days' + n * (interval '299 days' / $2::int) AS at
	FROM generate_series($3::int, $4::int - 1) AS n, LATERAL (SELECT (ARRAY['water', 'cut', 'move', 'buy'])[1 + (n / 7) % 4] AS verb) AS chosen
) AS made
