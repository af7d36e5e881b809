-- The rows of the modelled product's list, exactly as printed, and the corrected form of the fourth. Windows media may not be
-- redistributed: no row has content, and the first content that an administrator adds pins its digest.

insert into publisher (id, display_name, seeded, created_by, create_time) values
    ('microsoftwindowsdesktop', 'Microsoft Windows Desktop', true, 'default catalog', '2023-11-13T00:00:00Z');

insert into image_version (name, publisher, offer, sku, version, title, os, trusted_launch, trusted_launch_reason, note, create_time)
select 'publishers/microsoftwindowsdesktop/offers/' || offer || '/skus/' || sku || '/versions/' || version,
       'microsoftwindowsdesktop', offer, sku, version, title, 'WINDOWS', true, '', note, '2023-11-13T00:00:00Z'
from (values
    ('windows-11', 'win11-22h2-avd', '22621.2428.231001',
     'Windows 11 Enterprise multi-session, version 22H2 - Gen2', ''),
    ('windows11preview', 'win11-22h2-avd-m365', '22621.382.220810',
     'Windows 11 Enterprise multi-session, version 22H2 + Microsoft 365 Apps (preview) - Gen2', ''),
    ('windows-11', 'win11-21h2-avd', '22000.2538.231001',
     'Windows 11 Enterprise multi-session, version 21H2 - Gen2', ''),
    ('office-365', 'win10-21h2-avd-m365-g2', '19044.3570.231010',
     'Windows 11 Enterprise multi-session, version 21H2 + Microsoft 365 Apps - Gen2',
     'Erratum: listed as printed, but SKU and build (win10-21h2, 19044) are those of Windows 10 while the title says Windows 11, '
     'version 21H2. The corrected row is microsoftwindowsdesktop:office-365:win11-21h2-avd-m365:22000.2538.231010.'),
    ('office-365', 'win11-21h2-avd-m365', '22000.2538.231010',
     'Windows 11 Enterprise multi-session, version 21H2 + Microsoft 365 Apps - Gen2',
     'Corrects the row microsoftwindowsdesktop:office-365:win10-21h2-avd-m365-g2:19044.3570.231010, whose SKU and build '
     'contradict its title.')
) as printed (offer, sku, version, title, note);
