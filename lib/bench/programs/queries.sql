-- SPDX-License-Identifier: MIT
-- An in-memory database that is filled, indexed, joined, grouped, updated and emptied.
PRAGMA journal_mode = OFF;
CREATE TABLE grains (id INTEGER PRIMARY KEY, kind TEXT, weight REAL, note TEXT);
CREATE TABLE beds (id INTEGER PRIMARY KEY, grain INTEGER, depth INTEGER, label TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120000)
  INSERT INTO grains SELECT i, 'kind' || (i * 7919 % 311), (i * 104729 % 10007) / 10.0, hex(i * 2654435761) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120000)
  INSERT INTO beds SELECT i, i * 31 % 120000 + 1, i * 17 % 997, printf('bed-%05d', i * 13 % 60000) FROM n;
CREATE INDEX grains_by_kind ON grains (kind, weight);
CREATE INDEX beds_by_grain ON beds (grain);
SELECT kind, count(*), round(avg(weight), 3), max(note) FROM grains GROUP BY kind ORDER BY 3 DESC LIMIT 5;
SELECT g.kind, count(DISTINCT b.label), sum(b.depth) FROM grains g JOIN beds b ON b.grain = g.id
  WHERE b.depth BETWEEN 100 AND 800 GROUP BY g.kind ORDER BY 3 DESC LIMIT 5;
UPDATE grains SET note = note || kind WHERE id % 3 = 0;
SELECT length(group_concat(note, ',')) FROM grains WHERE kind LIKE 'kind1%';
SELECT upper(substr(label, 1, 6)) AS prefix, json_group_array(depth) IS NOT NULL, count(*) FROM beds GROUP BY prefix ORDER BY 3 DESC LIMIT 5;
DELETE FROM beds WHERE depth % 2 = 0;
SELECT count(*) FROM beds;
