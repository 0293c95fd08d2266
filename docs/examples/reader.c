/* Reads one sample of a dataset with nothing but the HDF5 library: image, label, member and its objects of one kind.
   cc reader.c -o reader $(pkg-config --cflags --libs hdf5); ./reader sky.h5 3 star amplitude */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>

#define NEED(id) if ((id) < 0) { fprintf(stderr, "not there: %s\n", #id); return 1; }

struct Sample { int catalogue; long long member; };
struct Object { long long sample; double value; };

int main(int argc, char **argv) {
    if (argc != 5) return fprintf(stderr, "reader FILE SAMPLE KIND PARAMETER\n"), 2;
    hsize_t number = strtoull(argv[2], NULL, 10), one = 1, shape[3], rows;
    hid_t file = H5Fopen(argv[1], H5F_ACC_RDONLY, H5P_DEFAULT);
    NEED(file);

    /* the image: (N, rows, columns), of which one sample is read; uint8 becomes float on the way */
    hid_t images = H5Dopen(file, "/images", H5P_DEFAULT);
    NEED(images);
    hid_t space = H5Dget_space(images);
    H5Sget_simple_extent_dims(space, shape, NULL);
    if (number >= shape[0]) return fprintf(stderr, "there are %llu samples\n", (unsigned long long)shape[0]), 1;
    hsize_t start[3] = {number, 0, 0}, count[3] = {1, shape[1], shape[2]}, pixels = shape[1] * shape[2];
    float *image = malloc(pixels * sizeof *image);
    hid_t memory = H5Screate_simple(1, &pixels, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    NEED(H5Dread(images, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, image));
    double sum = 0;
    for (hsize_t i = 0; i < pixels; i++) sum += image[i];
    printf("image %llu x %llu, first %.9g, sum %.9g\n", (unsigned long long)shape[1], (unsigned long long)shape[2], image[0], sum);

    /* its row of /samples: two columns of the compound, by name */
    hid_t samples = H5Dopen(file, "/samples", H5P_DEFAULT);
    NEED(samples);
    hid_t stored = H5Dget_type(samples), label = H5Tget_member_type(stored, H5Tget_member_index(stored, "catalogue"));
    hid_t row = H5Tcreate(H5T_COMPOUND, sizeof(struct Sample));
    H5Tinsert(row, "catalogue", HOFFSET(struct Sample, catalogue), label); /* an enum of int32: the class names */
    H5Tinsert(row, "member", HOFFSET(struct Sample, member), H5T_NATIVE_LLONG);
    struct Sample sample;
    hid_t place = H5Dget_space(samples), single = H5Screate_simple(1, &one, NULL);
    H5Sselect_hyperslab(place, H5S_SELECT_SET, &number, NULL, &one, NULL);
    NEED(H5Dread(samples, row, single, place, H5P_DEFAULT, &sample));
    char name[80];
    NEED(H5Tenum_nameof(label, &sample.catalogue, name, sizeof name));
    printf("catalogue %s, member %lld\n", name, sample.member);

    /* its objects: tables are sorted by sample, whose number counts in the whole dataset */
    long long first = 0;
    hid_t attribute = H5Aopen(file, "first", H5P_DEFAULT);
    NEED(H5Aread(attribute, H5T_NATIVE_LLONG, &first));
    char path[80];
    snprintf(path, sizeof path, "/objects/%s", argv[3]);
    hid_t objects = H5Dopen(file, path, H5P_DEFAULT);
    NEED(objects);
    H5Sget_simple_extent_dims(H5Dget_space(objects), &rows, NULL);
    hid_t entry = H5Tcreate(H5T_COMPOUND, sizeof(struct Object));
    H5Tinsert(entry, "sample", HOFFSET(struct Object, sample), H5T_NATIVE_LLONG);
    H5Tinsert(entry, argv[4], HOFFSET(struct Object, value), H5T_NATIVE_DOUBLE);
    struct Object *all = malloc((rows ? rows : 1) * sizeof *all);
    NEED(H5Dread(objects, entry, H5S_ALL, H5S_ALL, H5P_DEFAULT, all));
    for (hsize_t i = 0; i < rows; i++)
        if (all[i].sample == first + (long long)number) printf("%s %s %.17g\n", argv[3], argv[4], all[i].value);
    return 0;
}
