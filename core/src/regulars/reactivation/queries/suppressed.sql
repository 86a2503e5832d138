-- SHA-256 of every address the provider may never return: all known ones and all that said no.
SELECT DISTINCT sha256(address) AS hash FROM (
    SELECT address FROM known_address UNION SELECT address FROM withdrawn_address
) WHERE NOT list_contains($batch::VARCHAR[], address)
ORDER BY hash;
