SELECT salt FROM badged_change WHERE seq = ?1
